import ChatFormats
import Generations
import Storage
import Wire

/// A running answer, as its loop describes it to the history's queue.
struct RunningAnswer: Sendable {
    let id: String
    let conversation: ConversationName
    /// Milliseconds since 1970.
    let startedAt: Int
    let model: String
    /// The beginning of its record, up to what was asked.
    let recordHead: [UInt8]

    /// What was asked, as a turn whose answer is empty so far.
    var turn: ConversationTurn? {
        var record = recordHead
        record.append(literal: ",\"status\":\"running\",\"model\":")
        JSONText.appendString(model, into: &record)
        record.append(literal: "}")
        return ConversationTurn(record)
    }
}

extension RunningAnswer {
    /// Describes an answer as the history's routes list it; nil where it has a record, or is not in
    /// the conversation.
    ///
    /// - Parameters:
    ///   - live: its log.
    ///   - id: that of the conversation that is asked for, whoever's it is; nil for all.
    init?(_ live: LiveLog, in id: String?) {
        let head = live.head
        guard !live.isEnded, let own = head.conversationName else { return nil }
        if let id, !equals(own.id, id) { return nil }
        self.init(
            id: head.id,
            conversation: own,
            startedAt: head.startedAt,
            model: head.model,
            recordHead: head.record
        )
    }
}

/// A conversation in the list: its records, and its running answers.
struct ListedConversation {
    let name: ConversationName
    /// Its oldest and its newest record; nil while its first answer runs.
    var ends: ConversationEnds?
    /// Its answers that have no record yet, the oldest first.
    var running: [RunningAnswer] = []

    /// The turn that gives it its title.
    var firstTurn: ConversationTurn? {
        if let ends { return ConversationTurn(ends.first) }
        return running.first?.turn
    }

    /// When its newest running answer began, or else when its newest answer ended.
    var updatedAt: String {
        guard let newest = running.last else {
            return ends.flatMap { ConversationTurn($0.last) }?.updatedAt ?? ""
        }
        var time: [UInt8] = []
        Timestamp.append(milliseconds: newest.startedAt, into: &time)
        return String(decoding: time, as: UTF8.self)
    }
}

/// All running answers, as they were a moment before the history is asked.
struct RunningAnswers: Sendable {
    /// The list has at most this many conversations with running answers, the newest of them.
    static let maxListed = 1000

    /// The oldest first.
    private let answers: [RunningAnswer]

    init(_ answers: [RunningAnswer]) {
        self.answers = answers.sorted { ($0.startedAt, $0.id) < ($1.startedAt, $1.id) }
    }

    /// Those that the filter selects and that have no record yet, the oldest first.
    func awaited(
        by catalog: inout HistoryCatalog,
        _ filter: HistoryFilter
    ) throws(HistoryQueryError) -> [RunningAnswer] {
        var awaited: [RunningAnswer] = []
        for answer in answers where try catalog.awaits(answer.recordHead, filter) {
            awaited.append(answer)
        }
        return awaited
    }

    /// The list of conversations: those with a running answer, then those whose answers have ended.
    ///
    /// The former are on the first page, in addition to `limit` of the latter: a cursor is a
    /// record's place, and they have none yet. They are left out of every other page.
    ///
    /// - Parameters:
    ///   - catalog: the records.
    ///   - filter: only conversations whose newest answer is of its owner and user.
    ///   - before: only conversations that come after this one.
    ///   - limit: how many conversations whose answers have ended.
    /// - Returns: each conversation once, the newest first, and what to ask for next.
    /// - Throws: where `before` names none, or the history cannot be read.
    func list(
        with catalog: inout HistoryCatalog,
        _ filter: HistoryFilter,
        before: String?,
        limit: Int
    ) throws(HistoryQueryError) -> (list: [ListedConversation], next: String?) {
        var listed: [ListedConversation] = []
        var indices: [ConversationName: Int] = [:]
        var filter = filter
        filter.conversation = nil
        // The newest first, so that each conversation is where its newest answer is.
        for answer in try awaited(by: &catalog, filter).reversed() {
            if let index = indices[answer.conversation] {
                listed[index].running.append(answer)
            } else if listed.count < Self.maxListed {
                indices[answer.conversation] = listed.count
                listed.append(ListedConversation(name: answer.conversation, running: [answer]))
            }
        }
        for index in listed.indices { listed[index].running.reverse() }
        let (ends, next) = try catalog.conversations(
            owner: filter.owner,
            user: filter.user,
            before: before,
            limit: limit,
            excluding: Set(indices.keys)
        )
        let ended = ends.map { ListedConversation(name: $0.name, ends: $0) }
        guard before == nil else { return (ended, next) }
        for index in listed.indices {
            listed[index].ends = try catalog.conversation(listed[index].name)
        }
        return (listed + ended, next)
    }
}
