import Glibc
import Loop
import Relay
import Storage

/// Changes to a history: by the relay that has it, or on the files where none runs.
final class HistoryChange {
    /// Who does it.
    private enum Way: ~Copyable {
        case relay(ControlConnection)
        case files(HistoryFile)
    }

    private let folder: String
    private let reading: HistoryReading

    init(_ folder: String) throws(HistoryCommandError) {
        self.folder = folder
        reading = try HistoryReading(folder)
    }

    /// Deletes a conversation, and prints what was deleted.
    func delete(_ id: String, _ owner: HistoryOwner) throws(HistoryCommandError) {
        let names = try reading.names(id, owner)
        guard names.count < 2 else {
            throw .severalOwners(id, names.map { $0.owner ?? "" })
        }
        let asked = ConversationName(id: id, owner: owner.name)
        switch try way() {
        case .relay(let relay):
            // Its first answer may still run.
            let name = names.first ?? asked
            try Self.ask(relay, .delete(name), unknown: .unknownConversation(id, folder: folder))
            report(name)
        case .files(let history):
            defer { history.close() }
            guard let name = names.first else { throw .unknownConversation(id, folder: folder) }
            let failure = Self.wait { done in
                history.delete(conversation: name, at: { TimeSource.system.wallMilliseconds }) {
                    done($0)
                }
            }
            if let failure { throw .storage(failure) }
            report(name)
            try Self.compact(history)
        }
    }

    /// Waits until the records of deleted conversations are gone from the files.
    func compact() throws(HistoryCommandError) {
        let before = try bytes()
        switch try way() {
        case .relay(let relay):
            try Self.ask(relay, .compact, unknown: .refused("it knows nothing of it"))
        case .files(let history):
            defer { history.close() }
            try Self.compact(history)
        }
        Console.out("\(before) bytes before, \(try bytes()) bytes after")
    }

    private func report(_ name: ConversationName) {
        let owner = name.owner.map { " of \(ConversationText.visible($0))" } ?? ""
        Console.out("deleted \(ConversationText.visible(name.id))\(owner)")
    }

    private func bytes() throws(HistoryCommandError) -> Int {
        try Self.naming { () throws(StorageError) in
            try HistoryArchive(directory: folder).bytes()
        }
    }

    // MARK: The relay

    private static func ask(
        _ relay: borrowing ControlConnection,
        _ request: ControlRequest,
        unknown: HistoryCommandError
    ) throws(HistoryCommandError) {
        let answer = relay.send(request.line) ? relay.line().flatMap { ControlAnswer($0) } : nil
        switch answer {
        case .done: return
        case .unknown: throw unknown
        case .failed(let words): throw .refused(words)
        case nil: throw .refused("it closed the connection without an answer")
        }
    }

    private func way() throws(HistoryCommandError) -> Way {
        if let relay = try HeldFolder(folder).relay() { return .relay(relay) }
        try HeldFolder(folder).checkOwner()
        do throws(StorageError) {
            return .files(
                try HistoryFile(directory: folder, compactionDelayMilliseconds: 0) { report in
                    if case .tornTail(let path, let bytes) = report {
                        Console.error("sse-relay: half a line of \(bytes) bytes is in \(path)")
                    }
                }
            )
        } catch .locked {
            throw .held(folder: folder)
        } catch {
            throw .storage(error)
        }
    }

    // MARK: The files

    private static func compact(_ history: HistoryFile) throws(HistoryCommandError) {
        if let failure = wait({ history.whenCompacted($0) }) { throw .storage(failure) }
    }

    /// Waits for what comes on another thread.
    private static func wait(
        _ body: (@escaping @Sendable (StorageError?) -> Void) -> Void
    ) -> StorageError? {
        let signal = DispatchWork().makeSignal()
        let outcome = Outcome()
        body { failure in
            outcome.failure.withLock { $0 = failure }
            signal.signal()
        }
        while !signal.wait(milliseconds: 60_000) {}
        return outcome.failure.withLock { $0 }
    }

    private final class Outcome: Sendable {
        let failure = Guarded<StorageError?>(nil)
    }

    private static func naming<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(HistoryCommandError) -> Result {
        do throws(StorageError) {
            return try body()
        } catch {
            throw .storage(error)
        }
    }
}
