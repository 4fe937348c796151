import ChatFormats
import Generations
import HTTPServer
import Storage
import Wire

/// The result of a question to the history, on its way back to a loop.
struct HistoryAnswer: Sendable {
    /// The content of the answer, or what is sent for `request`.
    var bytes: [UInt8] = []
    /// A request with the past of its conversation.
    var request: ChatRequest?
    /// The answer that was asked for by its id.
    var recorded: RecordedAnswer?
    /// Where an export continues.
    var next: HistoryCursor?
    /// Why there is no answer.
    var problem: Problem?
}

/// The JSON of the history's routes, written on the history's queue.
enum HistoryAnswers {
    /// Records in one answer have at most this size together.
    static let maxBytes = 8 << 20
    /// A title has at most this many characters.
    private static let titleCharacters = 80

    /// Records as they are in the file, without keys; a line that is not JSON is left out.
    static func records(_ page: HistoryPage) -> [UInt8] {
        var out: [UInt8] = []
        out.append(literal: "{\"records\":[")
        var isFirst = true
        for line in page.lines where isJSON(line) {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            PublicRecord.append(line.span, into: &out)
        }
        out.append(literal: "]")
        finish(next: page.next, into: &out)
        return out
    }

    /// The list of conversations.
    static func conversations(
        _ list: [ListedConversation],
        next: String?,
        showsOwners: Bool
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.append(literal: "{\"conversations\":[")
        for (index, conversation) in list.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            let running = conversation.running
            var members: [JSON.Member] = [
                .init(key: "id", value: .string(conversation.name.id)),
                .init(key: "title", value: .string(title(conversation.firstTurn))),
                .init(key: "updated_at", value: .string(conversation.updatedAt)),
                .init(key: "count", value: .number("\(conversation.ends?.count ?? 0)")),
                .init(key: "running", value: running.last.map { .string($0.id) } ?? .null),
            ]
            // Whoever sees those of several callers has to tell them apart.
            if showsOwners {
                let owner = conversation.name.owner
                members.append(.init(key: "owner", value: owner.map { .string($0) } ?? .null))
            }
            JSON.object(members).write(into: &out)
        }
        out.append(literal: "]")
        finish(next: next, into: &out)
        return out
    }

    /// The messages of one conversation.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - page: the conversation's records, the newest first.
    ///   - running: the conversation's answers that have no record yet, the oldest first.
    /// - Returns: the messages in their order, each answer with how it ended; the messages of
    ///   running answers are last.
    static func conversation(
        _ id: String,
        _ page: HistoryPage,
        _ running: [RunningAnswer]
    ) -> [UInt8] {
        var turns = page.lines.reversed().compactMap { ConversationTurn($0) }
        turns.sort { $0.startedAt < $1.startedAt }
        turns += running.compactMap(\.turn)
        var messages: [JSON] = []
        for (index, turn) in turns.enumerated() {
            messages += index == 0 && page.next == nil ? turn.beginning : turn.asked
            messages.append(answer(turn))
        }
        var out: [UInt8] = []
        out.append(literal: "{\"id\":")
        JSONText.appendString(id, into: &out)
        out.append(literal: ",\"messages\":")
        JSON.array(messages).write(into: &out)
        finish(next: page.next, into: &out)
        return out
    }

    /// A running answer's content is left empty: it would be old when it arrives, and the stream of
    /// the answer's id sends all of it from the start, without a seam.
    private static func answer(_ turn: ConversationTurn) -> JSON {
        var members = [
            JSON.Member(key: "role", value: .string("assistant")),
            JSON.Member(key: "content", value: .string(turn.answer)),
        ]
        let names = [
            "reasoning", "refusal", "tool_calls", "members", "id", "status", "requested_model",
            "model",
            "started_at", "ended_at", "error",
        ]
        for name in names {
            guard let value = turn.record[name], value != .null else { continue }
            members.append(.init(key: name, value: value))
        }
        return .object(members)
    }

    static func title(_ turn: ConversationTurn?) -> String {
        let message = turn?.beginning.first { ConversationTurn.role($0) == .user }
        let text = message.flatMap { ChatRequest.Message(recorded: $0)?.text } ?? ""
        var title: [Character] = []
        var isGap = false
        // A question may be a whole book, so no more of it is looked at than is shown.
        for character in text {
            guard !character.isWhitespace else {
                isGap = !title.isEmpty
                continue
            }
            if isGap { title.append(" ") }
            isGap = false
            title.append(character)
            if title.count > titleCharacters {
                return String(title.prefix(titleCharacters - 1)) + "…"
            }
        }
        return String(title)
    }

    private static func finish(next: String?, into out: inout [UInt8]) {
        out.append(literal: ",\"next\":")
        JSONText.appendStringOrNull(next, into: &out)
        out.append(literal: "}\n")
    }

    private static func isJSON(_ line: [UInt8]) -> Bool {
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.skip(line.span)
            try reader.finish(line.span)
            return true
        } catch {
            return false
        }
    }
}

extension Problem {
    /// The history has no answer to the question.
    init(_ error: HistoryQueryError) {
        switch error {
        case .unknownBefore:
            self = .invalid(
                "before",
                expected: "an id from an earlier answer; there is nothing with this id"
            )
        case .moved, .storage:
            self.init(
                .serviceUnavailable,
                type: "storage_error",
                message: "the history cannot be read at the moment",
                code: "history_not_readable"
            )
        }
    }
}
