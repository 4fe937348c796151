import ChatFormats
import Wire

/// One tool call on its way through the filters, piece by piece, each a JSON object.
///
/// Its name, its id and members that only a vendor knows stay as they are.
struct ToolCallText {
    /// What the call is given.
    private enum Content {
        /// `function.arguments`: JSON.
        case arguments(ArgumentText)
        /// `custom.input`: plain text.
        case input([FilteredText])
    }

    /// The call's number.
    let index: Int
    private var content: Content?

    init(index: Int) { self.index = index }

    /// Whether it has plain input.
    var isPlain: Bool {
        guard case .input = content else { return false }
        return true
    }

    /// Takes a piece; returns what passes of it, or nil where there is nothing.
    mutating func take(_ piece: JSON, _ chain: inout FilterChain) -> JSON? {
        guard case .object(var members) = piece else { return piece }
        for index in members.indices {
            guard case .object(var parts) = members[index].value,
                let name = Self.contentName(of: members[index].key),
                let part = parts.firstIndex(where: { equals($0.key, name) }),
                case .string(let text) = parts[part].value
            else { continue }
            let passed = take(text, of: members[index].key, &chain)
            parts[part].value = .string(passed)
            members[index].value = .object(parts)
            // Nothing but text, and that waits.
            let isBare = parts.count == 1 && members.count <= 2
            if passed.isEmpty, !text.isEmpty, isBare { return nil }
        }
        return .object(members)
    }

    /// Returns what waits, as a piece; nil where nothing does.
    mutating func letGo(isEnd: Bool, _ chain: inout FilterChain) -> JSON? {
        var out: [UInt8] = []
        let member: String
        switch content {
        case .arguments(var text):
            member = "function"
            content = nil
            text.letGo(isEnd: isEnd, &chain, into: &out)
            content = .arguments(text)
        case .input(var texts):
            member = "custom"
            content = nil
            chain.end(&texts)
            out = chain.output
            content = .input(texts)
        case nil: return nil
        }
        guard !out.isEmpty, let name = Self.contentName(of: member) else { return nil }
        let text = JSON.string(String(decoding: out, as: UTF8.self))
        return .object([
            JSON.Member(key: "index", value: .number("\(index)")),
            JSON.Member(key: member, value: .object([JSON.Member(key: name, value: text)])),
        ])
    }

    private static func contentName(of member: String) -> String? {
        if equals(member, "function") { return "arguments" }
        return equals(member, "custom") ? "input" : nil
    }

    private mutating func take(
        _ text: String,
        of member: String,
        _ chain: inout FilterChain
    ) -> String {
        var out: [UInt8] = []
        let begun =
            content
            ?? (equals(member, "function")
                ? .arguments(ArgumentText(chain)) : .input(chain.makeTexts()))
        // Moved out, so that the pieces' arrays are not copied.
        content = nil
        switch begun {
        case .arguments(var arguments):
            arguments.take(text.utf8.span, &chain, into: &out)
            content = .arguments(arguments)
        case .input(var texts):
            chain.take(text.utf8.span, of: &texts, isLast: false)
            out = chain.output
            content = .input(texts)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
