package import Storage
import Wire

/// A conversation of the files, as a list at a terminal has it.
package struct ConversationSummary {
    /// Its client's word for it, and whose it is.
    package let name: ConversationName
    /// How many records it has.
    package let count: Int
    /// When its first question came, and when its last answer ended, as records write it.
    package let first: String
    package let last: String
    /// Its first words.
    package let title: String

    /// Reads it off its oldest and its newest record.
    package init(_ ends: ConversationEnds) {
        let oldest = ConversationTurn(ends.first)
        name = ends.name
        count = ends.count
        first = oldest?.startedAt ?? ""
        last = ConversationTurn(ends.last)?.updatedAt ?? ""
        title = HistoryAnswers.title(oldest)
    }

    /// One line of JSON.
    package var json: [UInt8] {
        var out: [UInt8] = []
        JSON.object([
            .init(key: "id", value: .string(name.id)),
            .init(key: "owner", value: name.owner.map { .string($0) } ?? .null),
            .init(key: "records", value: .number("\(count)")),
            .init(key: "first", value: .string(first)),
            .init(key: "last", value: .string(last)),
            .init(key: "title", value: .string(title)),
        ]).write(into: &out)
        out.append(UInt8(ascii: "\n"))
        return out
    }
}
