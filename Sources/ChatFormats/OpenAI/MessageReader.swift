package import Wire

/// Reads `messages`, the list that both our own bodies and OpenAI's carry.
enum MessageReader {
    static func messages(_ value: JSON) throws(ChatRequestError) -> [ChatRequest.Message] {
        guard let elements = value.arrayValue else {
            throw .field(name: "messages", expected: "an array of messages", found: value.found)
        }
        guard !elements.isEmpty else { throw .emptyPrompt(name: "messages") }
        var messages: [ChatRequest.Message] = []
        messages.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            messages.append(try message(element, "messages[\(index)]"))
        }
        try checkPrompt(messages)
        return messages
    }

    /// Reads a list whose messages are the upstream's to judge: each must be an object, and its
    /// text is read as far as it can be.
    static func anyMessages(_ value: JSON) throws(ChatRequestError) -> [ChatRequest.Message] {
        guard let elements = value.arrayValue else {
            throw .field(name: "messages", expected: "an array of messages", found: value.found)
        }
        var messages: [ChatRequest.Message] = []
        messages.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let message = ChatRequest.Message(any: element) else {
                throw .field(
                    name: "messages[\(index)]",
                    expected: "an object with role and content",
                    found: element.found
                )
            }
            messages.append(message)
        }
        return messages
    }

    /// Refuses a list whose last turn is the user's and empty.
    private static func checkPrompt(
        _ messages: [ChatRequest.Message]
    ) throws(ChatRequestError) {
        guard let last = messages.last, last.role == .user, FieldReader.isBlank(last.text) else {
            return
        }
        // An image without text is a prompt, too.
        let parts = last.original?["content"]?.arrayValue ?? []
        guard parts.allSatisfy({ $0["type"]?.stringValue == "text" }) else { return }
        throw .emptyPrompt(name: "messages[\(messages.count - 1)].content")
    }

    private static func message(
        _ value: JSON,
        _ name: String
    ) throws(ChatRequestError) -> ChatRequest.Message {
        guard let members = value.members else {
            throw .field(
                name: name,
                expected: "an object with role and content",
                found: value.found
            )
        }
        let role = try role(value["role"], "\(name).role")
        if role == .tool { try checkToolCallID(value, name) }
        let text = try text(of: value, role, name)
        let isPlain = members.count == 2 && value["content"]?.stringValue != nil
        return ChatRequest.Message(role: role, text: text, original: isPlain ? nil : value)
    }

    private static func role(
        _ value: JSON?,
        _ name: String
    ) throws(ChatRequestError) -> ChatRequest.Role {
        guard let value else {
            throw .missing(name: name, expected: "system, developer, user, assistant or tool")
        }
        guard let word = value.stringValue, let role = ChatRequest.Role(rawValue: word) else {
            throw .unknownRole(name: name, found: value.found)
        }
        return role
    }

    /// A tool's result that names no call can't be matched to one.
    private static func checkToolCallID(
        _ value: JSON,
        _ name: String
    ) throws(ChatRequestError) {
        guard let id = value["tool_call_id"] else {
            throw .missing(name: "\(name).tool_call_id", expected: "a string")
        }
        guard id.stringValue != nil else {
            throw .field(name: "\(name).tool_call_id", expected: "a string", found: id.found)
        }
    }

    private static func text(
        of message: JSON,
        _ role: ChatRequest.Role,
        _ name: String
    ) throws(ChatRequestError) -> String {
        try checkToolCalls(message, role, name)
        switch message["content"] {
        case .string(let text)?:
            return text
        case .array(let parts)? where !parts.isEmpty:
            return try text(of: parts, "\(name).content")
        case nil, .null?:
            guard role == .assistant, speaksWithoutContent(message) else {
                throw .missing(name: "\(name).content", expected: contentForm)
            }
            return ""
        case let other?:
            throw .field(name: "\(name).content", expected: contentForm, found: other.found)
        }
    }

    private static let contentForm = "a string or an array of parts"

    /// Whether an assistant's turn has something beside its content.
    private static func speaksWithoutContent(_ message: JSON) -> Bool {
        for name in ["tool_calls", "function_call", "refusal", "audio"] {
            if let value = message[name], value != .null { return true }
        }
        return false
    }

    private static func checkToolCalls(
        _ message: JSON,
        _ role: ChatRequest.Role,
        _ name: String
    ) throws(ChatRequestError) {
        guard role == .assistant, let calls = message["tool_calls"], calls != .null else { return }
        guard let elements = calls.arrayValue, elements.allSatisfy({ $0.members != nil }) else {
            throw .field(
                name: "\(name).tool_calls",
                expected: "an array of objects",
                found: calls.found
            )
        }
    }

    /// The text parts joined; other parts are only checked for having a type.
    private static func text(
        of parts: [JSON],
        _ name: String
    ) throws(ChatRequestError) -> String {
        var text = ""
        for (index, part) in parts.enumerated() {
            let path = "\(name)[\(index)]"
            guard let type = part["type"]?.stringValue else {
                throw .field(
                    name: path,
                    expected: "an object with a type",
                    found: part.members == nil ? part.found : "none"
                )
            }
            guard type == "text" else { continue }
            guard let value = part["text"] else {
                throw .missing(name: "\(path).text", expected: "a string")
            }
            text += try FieldReader.text(value, "\(path).text")
        }
        return text
    }
}

extension ChatRequest.Message {
    /// Reads a message as a record of the history holds it; nil where it is not one.
    package init?(recorded value: JSON) { self.init(any: value) }

    /// Reads whatever a client calls a message; nil where it is no object.
    ///
    /// A role that nobody here knows counts as the user's; upstream it goes as it was written.
    init?(any value: JSON) {
        guard let members = value.members else { return nil }
        let known = value["role"]?.stringValue.flatMap(ChatRequest.Role.init)
        let isPlain = known != nil && members.count == 2 && value["content"]?.stringValue != nil
        self.init(
            role: known ?? (value["role"]?.stringValue == "function" ? .tool : .user),
            text: Self.text(value["content"]),
            original: isPlain ? nil : value
        )
    }

    /// The text of a content, and of those of its parts that have one.
    private static func text(_ content: JSON?) -> String {
        switch content {
        case .string(let text)?: text
        case .array(let parts)?: parts.reduce(into: "") { $0 += text(ofPart: $1) }
        default: ""
        }
    }

    private static func text(ofPart part: JSON) -> String {
        part.stringValue ?? (part["type"] == .string("text") ? part["text"]?.stringValue : nil)
            ?? ""
    }

    /// The role as the client wrote it, where the relay knows none of that name.
    var foreignRole: JSON? {
        guard let role = original?["role"], role != .string(self.role.rawValue) else { return nil }
        return role
    }
}
