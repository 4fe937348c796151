package import Wire

/// Why a chat request can't be answered; always the client's to fix.
package enum ChatRequestError: Error, Sendable, Equatable {
    /// The body is not JSON.
    case json(JSONError)
    /// A field has the wrong type or a value out of its range.
    case field(name: String, expected: String, found: String)
    /// A field that must be there is not.
    case missing(name: String, expected: String)
    /// A message has a role that the relay does not know.
    case unknownRole(name: String, found: String)
    /// A top-level field that the relay does not know.
    case unknownField(name: String)
    /// Two fields that say the same thing.
    case conflict(name: String, other: String)
    /// Neither message, prompt nor messages was given.
    case noPrompt
    /// The prompt has no content.
    case emptyPrompt(name: String)
    /// A member of `extra` would override what the relay writes itself.
    case reserved(name: String)
    /// The upstream's protocol has no place for what the client sent.
    case unsupported(name: String, what: String, by: String)

    /// The field at fault, as a path such as `messages[2].role`.
    package var field: String? {
        switch self {
        case .json, .noPrompt: nil
        case .field(let name, _, _), .missing(let name, _), .unknownRole(let name, _),
            .unknownField(let name), .conflict(let name, _), .emptyPrompt(let name),
            .reserved(let name), .unsupported(let name, _, _):
            name
        }
    }

    /// A sentence that names the field, what was expected there and what was found.
    package var message: String {
        switch self {
        case .json(let error) where error.isBeyondLimit:
            "the request body has \(error.description)"
        case .json(let error):
            "the request body is not valid JSON: \(error.description)"
        case .field(let name, let expected, let found):
            "\(name): expected \(expected), found \(found)"
        case .missing(let name, let expected):
            "\(name) is missing: expected \(expected)"
        case .unknownRole(let name, let found):
            "\(name): expected system, developer, user, assistant or tool, found \(found)"
        case .unknownField(let name):
            "unknown field \(name): what is meant for the model's server goes under extra"
        case .conflict(let name, let other):
            "\(name) and \(other) exclude each other: give one of them"
        case .noPrompt:
            "no prompt: give one of message, prompt or messages"
        case .emptyPrompt(let name):
            "\(name) is empty: a prompt needs some text"
        case .reserved(let name):
            "\(name) is written by the relay and can't be overridden"
        case .unsupported(let name, let what, let by):
            "\(name): \(what) can't be sent over \(by)"
        }
    }
}

extension JSON {
    /// A value as an error message names it, short whatever it holds.
    var found: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text.utf8.count <= Self.maxFoundBytes ? text : "a long number"
        case .string(let text): Self.found(text)
        case .array(let elements): elements.isEmpty ? "an empty array" : "an array"
        case .object(let members): members.isEmpty ? "an empty object" : "an object"
        }
    }

    /// A string as an error message quotes it.
    ///
    /// A stranger's text is quoted only where it is short and plain, since messages end up in logs.
    static func found(_ text: String) -> String {
        if text.isEmpty { return "an empty string" }
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
        guard isPlain, text.utf8.count <= maxFoundBytes else { return "a string" }
        return "\"\(text)\""
    }

    private static let maxFoundBytes = 32
}
