import Access
import Dispatch
import Relay
import Storage
import Synchronization

/// What limits have counted, kept in the data folder: a restart gives nobody their limits anew.
///
/// A process that is killed forgets the last second at most.
final class KeptRates: Sendable {
    private static let name = "limits.json"
    private static let seconds = 1
    /// How long the last words may take; a disk that hangs must not keep the process.
    private static let lastSeconds = 2

    private let path: String
    private let book: RateBook
    private let log: Log
    private let queue = DispatchQueue(label: "sse-relay.limits", qos: .utility)
    /// Only the first of several failures in a row is logged.
    private let hasFailed = Atomic<Bool>(false)

    /// Reads what an earlier process has kept in a data folder.
    ///
    /// A file that cannot be read is no reason not to start: limits begin anew, which is said.
    static func snapshot(in folder: String, _ log: Log) -> RateSnapshot {
        let path = "\(folder)/\(name)"
        do throws(StorageError) {
            let file = try ReplacedFile.open(path, maxBytes: RateSnapshot.maxBytes)
            guard let content = file.content else { return RateSnapshot() }
            if let snapshot = RateSnapshot(text: content.span) { return snapshot }
            log.write(.warning, "\(path) cannot be read: limits are counted anew")
        } catch {
            log.write(.warning, "limits are counted anew: \(error)")
        }
        return RateSnapshot()
    }

    /// Keeps what a book counts, from now on.
    init(_ book: RateBook, in folder: String, _ log: Log) {
        self.book = book
        self.log = log
        path = "\(folder)/\(Self.name)"
        keepLater()
    }

    private func keepLater() {
        queue.asyncAfter(deadline: .now() + .seconds(Self.seconds)) { [weak self] in
            self?.keep()
            self?.keepLater()
        }
    }

    /// Keeps it one last time.
    func close() {
        let isKept = DispatchSemaphore(value: 0)
        queue.async { [self] in
            keep()
            isKept.signal()
        }
        if isKept.wait(timeout: .now() + .seconds(Self.lastSeconds)) == .timedOut {
            log.write(.warning, "what limits have counted is not kept: the disk does not answer")
        }
    }

    private func keep() {
        guard let snapshot = book.changes() else { return }
        do throws(StorageError) {
            try ReplacedFile.open(path, maxBytes: 0).replace(with: snapshot.text)
            guard hasFailed.exchange(false, ordering: .relaxed) else { return }
            log.write(.info, "what limits have counted is kept again")
        } catch {
            book.changesAreNotKept()
            guard !hasFailed.exchange(true, ordering: .relaxed) else { return }
            log.write(.error, "what limits have counted is not kept: \(error)")
        }
    }
}
