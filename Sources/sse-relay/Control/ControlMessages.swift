import Storage
import Wire

/// What a relay that runs is asked for on its machine; one line of JSON.
enum ControlRequest: Equatable {
    case delete(ConversationName)
    /// To write the files anew that hold deleted records, and to say when that is done.
    case compact

    /// Nil where the line asks for nothing that is known.
    init?(_ line: [UInt8]) {
        guard let request = try? JSON.parse(line.span) else { return nil }
        switch request["do"]?.stringValue {
        case "delete":
            guard let id = request["conversation"]?.stringValue, !id.isEmpty else { return nil }
            self = .delete(ConversationName(id: id, owner: request["owner"]?.stringValue))
        case "compact": self = .compact
        default: return nil
        }
    }

    /// The line, with its end.
    var line: [UInt8] {
        switch self {
        case .delete(let name):
            controlLine([
                .init(key: "do", value: .string("delete")),
                .init(key: "conversation", value: .string(name.id)),
                .init(key: "owner", value: name.owner.map { .string($0) } ?? .null),
            ])
        case .compact: controlLine([.init(key: "do", value: .string("compact"))])
        }
    }
}

/// What the relay answers; one line of JSON.
enum ControlAnswer: Equatable {
    case done
    /// There is no such conversation.
    case unknown
    case failed(String)

    /// Nil where the line is no answer: the relay has ended, say.
    init?(_ line: [UInt8]) {
        guard let answer = try? JSON.parse(line.span) else { return nil }
        switch answer["result"]?.stringValue {
        case "done": self = .done
        case "unknown": self = .unknown
        case "failed": self = .failed(answer["message"]?.stringValue ?? "")
        default: return nil
        }
    }

    /// The line, with its end.
    var line: [UInt8] {
        switch self {
        case .done: controlLine([.init(key: "result", value: .string("done"))])
        case .unknown: controlLine([.init(key: "result", value: .string("unknown"))])
        case .failed(let words):
            controlLine([
                .init(key: "result", value: .string("failed")),
                .init(key: "message", value: .string(words)),
            ])
        }
    }
}

private func controlLine(_ members: [JSON.Member]) -> [UInt8] {
    var line: [UInt8] = []
    JSON.object(members).write(into: &line)
    line.append(UInt8(ascii: "\n"))
    return line
}
