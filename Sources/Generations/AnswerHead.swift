package import ChatFormats
package import Storage

/// What is known of an answer when it begins; one object for its log, its journal and its record.
package final class AnswerHead {
    package let id: String
    /// Who asked; nil where callers are not told apart.
    package let owner: String?
    /// The key under which the client may ask for it again.
    package let key: RequestKey?
    /// The upstream and the model that are asked, and in the end those that answered.
    package private(set) var source: GenerationRecord.Source
    /// Milliseconds since 1970.
    package let startedAt: Int
    /// Whether its client asked for the usage, as OpenAI's protocol lets it.
    let includesUsage: Bool
    /// Whether its client knows calls of tools only as `function_call`.
    let usesFunctions: Bool
    /// Whether its client named the model.
    let namesModel: Bool
    /// The conversation that it belongs to.
    package let conversation: String?
    /// The beginning of its record, up to what was asked; empty once the record is made.
    ///
    /// It may be many times as long as the answer.
    package private(set) var record: [UInt8] = []

    /// Makes the head of a new answer; `deletableFrom` is that of its `RecordStart`.
    package init(
        id: String,
        owner: String?,
        key: RequestKey?,
        _ request: ChatRequest,
        source: GenerationRecord.Source,
        startedAt: Int,
        deletableFrom: Int? = nil
    ) {
        self.id = id
        self.owner = owner
        self.key = key
        self.source = source
        self.startedAt = startedAt
        includesUsage = request.includesUsage
        usesFunctions = request.usesFunctions
        namesModel = request.model != nil
        conversation = request.conversation
        GenerationRecord.appendHead(
            id: id,
            request,
            owner: owner,
            key: key,
            startedAt: startedAt,
            deletableFrom: deletableFrom,
            into: &record
        )
    }

    /// Makes the head of an answer that an earlier process left in the journal; its record is made.
    init(_ left: JournaledGeneration) {
        id = left.head.id
        owner = left.head.owner
        key = left.head.key
        source = left.head.source
        startedAt = left.head.startedAt
        includesUsage = left.head.includesUsage
        usesFunctions = left.head.usesFunctions
        namesModel = left.head.namesModel
        let conversation = left.recordHead.conversation
        self.conversation =
            conversation.isEmpty ? nil : String(decoding: conversation, as: UTF8.self)
    }

    package var model: String { source.model }

    /// The conversation, and whose it is.
    package var conversationName: ConversationName? {
        conversation.map { ConversationName(id: $0, owner: owner) }
    }

    /// Seconds since 1970, as OpenAI's frames carry it.
    package var created: Int { startedAt / 1000 }

    /// Notes that somebody else is asked in the place of who failed.
    func answersFrom(_ source: GenerationRecord.Source) { self.source = source }

    /// Drops what was asked, since the record is made and the journal has what it needs of it.
    func dropRecord() { record = [] }

    /// What the journal keeps of it.
    var journaled: JournalHead {
        JournalHead(
            id: id,
            source: source,
            startedAt: startedAt,
            includesUsage: includesUsage,
            usesFunctions: usesFunctions,
            namesModel: namesModel,
            owner: owner,
            key: key,
            record: record
        )
    }
}
