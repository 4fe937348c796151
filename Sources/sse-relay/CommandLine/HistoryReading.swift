import Loop
import Relay
import Storage
import Wire

/// What the files of a history say, whether a relay runs or not; no byte of them changes.
final class HistoryReading {
    private static let pageCount = 1000

    private let folder: String
    private var archive: HistoryArchive

    /// Names the folder.
    ///
    /// - Throws: where there is none, or it cannot be read.
    init(_ folder: String) throws(HistoryCommandError) {
        self.folder = folder
        do throws(StorageError) {
            archive = try HistoryArchive(directory: folder)
        } catch {
            throw .storage(error)
        }
    }

    // MARK: What is printed

    /// Lists conversations, the one with the newest record first.
    func list(_ owner: HistoryOwner, asJSON: Bool) throws(HistoryCommandError) {
        let output = try PrintedOutput(nil)
        let summaries = try summaries(owner)
        guard !asJSON else {
            for summary in summaries { try output.write(summary.json) }
            return
        }
        for summary in summaries {
            let owner = summary.name.owner.map { "  \(ConversationText.visible($0))" } ?? "  -"
            let records = "\(summary.count) record\(summary.count == 1 ? "" : "s")"
            let line = """
                \(ConversationText.visible(summary.name.id))\(owner)  \(records)  \
                \(ConversationText.visible(summary.first))  \
                \(ConversationText.visible(summary.last))  \
                \(ConversationText.visible(summary.title))

                """
            try output.write(Array(line.utf8))
        }
    }

    /// Prints one conversation as text.
    func show(_ id: String, _ owner: HistoryOwner) throws(HistoryCommandError) {
        let name = try name(id, owner)
        let text = ConversationText.terminal(name, try records(name))
        try PrintedOutput(nil).write(Array(text.utf8))
    }

    /// Writes the records of one conversation, or all.
    func export(
        _ id: String?,
        _ owner: HistoryOwner,
        _ format: HistoryCommand.Format,
        to output: borrowing PrintedOutput
    ) throws {
        switch format {
        case .jsonl:
            if let id { _ = try name(id, owner, mayBeSeveral: true) }
            try forEachPiece(HistoryFilter(conversation: id, owner: owner)) {
                try output.write(ConversationText.lines($0))
            }
        case .markdown:
            let names = try id.map { [try name($0, owner)] } ?? summaries(owner).map(\.name)
            var isFirst = true
            func add(_ text: String) throws {
                try output.write(Array((isFirst ? text : "\n\(text)").utf8))
                isFirst = false
            }
            for name in names.reversed() {
                try add(ConversationText.markdown(name, try records(name)))
            }
            if id == nil { try exportSingles(owner, add) }
        }
    }

    /// Shows each record without a conversation, which stands for itself.
    private func exportSingles(_ owner: HistoryOwner, _ add: (String) throws -> Void) throws {
        var head = RecordHead()
        try forEachPiece(HistoryFilter(owner: owner)) { lines in
            for line in lines.split(separator: UInt8(ascii: "\n")) {
                guard head.read(line.span), head.conversation.isEmpty else { continue }
                let name = ConversationName(
                    id: String(decoding: head.id, as: UTF8.self),
                    owner: head.owner.isEmpty ? nil : String(decoding: head.owner, as: UTF8.self)
                )
                try add(ConversationText.markdown(name, [Array(line)]))
            }
        }
    }

    private func forEachPiece(
        _ filter: HistoryFilter,
        _ body: ([UInt8]) throws -> Void
    ) throws {
        do {
            try archive.export(filter, body)
        } catch let error as HistoryQueryError {
            throw HistoryCommandError(error, folder: folder)
        }
        warn()
    }

    // MARK: What is found

    /// The conversation that an id means.
    ///
    /// - Throws: where there is none, or several and one is needed.
    func name(
        _ id: String,
        _ owner: HistoryOwner,
        mayBeSeveral: Bool = false
    ) throws(HistoryCommandError) -> ConversationName {
        let names = try names(id, owner)
        guard let first = names.first else { throw .unknownConversation(id, folder: folder) }
        guard names.count == 1 || mayBeSeveral else {
            throw .severalOwners(id, names.map { $0.owner ?? "" })
        }
        return first
    }

    /// The conversations of an id that have records, in the order of their owners.
    func names(
        _ id: String,
        _ owner: HistoryOwner
    ) throws(HistoryCommandError) -> [ConversationName] {
        if case .only(let owner) = owner {
            let name = ConversationName(id: id, owner: owner)
            let isThere = try ask { catalog throws(HistoryQueryError) in
                try catalog.conversation(name) != nil
            }
            return isThere ? [name] : []
        }
        let owners = try ask { catalog throws(HistoryQueryError) in
            var owners: Set<[UInt8]> = []
            var head = RecordHead()
            try catalog.visit(HistoryFilter(conversation: id)) { line in
                if head.read(line.span) { owners.insert(head.owner) }
                return true
            }
            return owners
        }
        return owners.map { String(decoding: $0, as: UTF8.self) }.sorted()
            .map { ConversationName(id: id, owner: $0.isEmpty ? nil : $0) }
    }

    private func summaries(
        _ owner: HistoryOwner
    ) throws(HistoryCommandError) -> [ConversationSummary] {
        try ask { catalog throws(HistoryQueryError) in
            var summaries: [ConversationSummary] = []
            var before: String?
            repeat {
                let page = try catalog.conversations(
                    owner: owner,
                    user: nil,
                    before: before,
                    limit: Self.pageCount
                )
                summaries += page.ends.map(ConversationSummary.init)
                before = page.next
            } while before != nil
            return summaries
        }
    }

    private func records(
        _ name: ConversationName
    ) throws(HistoryCommandError) -> [[UInt8]] {
        let filter = HistoryFilter(conversation: name.id, owner: .only(name.owner))
        return try ask { catalog throws(HistoryQueryError) in
            var records: [[UInt8]] = []
            try catalog.visit(filter) {
                records.append($0)
                return true
            }
            return records.reversed()
        }
    }

    private func ask<Answer>(
        _ question: (inout HistoryCatalog) throws(HistoryQueryError) -> Answer
    ) throws(HistoryCommandError) -> Answer {
        do throws(HistoryQueryError) {
            let answer = try archive.ask(question)
            warn()
            return answer
        } catch {
            throw HistoryCommandError(error, folder: folder)
        }
    }

    /// Says what is left out.
    private func warn() {
        for report in archive.takeReports() {
            switch report {
            case .unreadableFile(let error): Console.error("sse-relay: left out: \(error)")
            case .unreadable(let path, let pieces, let bytes, _):
                Console.error(
                    "sse-relay: \(path): \(pieces) pieces (\(bytes) bytes) are no record;"
                        + " see sse-relay history verify"
                )
            default: break
            }
        }
    }
}
