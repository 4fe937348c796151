import Loop

/// Which answer was started under which of the clients' keys; one table for all loops.
///
/// The first request with a key claims it, for an answer that it starts in the same turn of its
/// loop. Another request finds the claim, maybe before there is that answer; but it can come to
/// the loop that owns it only in a later turn, and then there is. A key stands for as long as its
/// answer is kept; where that has to go from memory earlier, its record is told in its place.
final class KeyTable: Sendable {
    /// What a request with a key is to do.
    enum Claim: Equatable {
        /// The key is its own now: start the answer, under the id that it claimed for it.
        case claimed
        /// Read the answer that was started under the key.
        case taken(generation: String)
        /// Tell the record of the answer that was started under the key.
        case recorded(generation: String)
        /// The key stands for something else that was asked.
        case otherRequest
        /// No key more is taken.
        case full
    }

    private struct Entry {
        let generation: String
        let fingerprint: RequestFingerprint
        var isForgotten = false
    }

    private struct State {
        var entries: [RequestKey.Name: Entry] = [:]
        /// Keys whose answers are not in memory any more, the first to go first; some are gone by now.
        var forgotten: [(key: RequestKey.Name, generation: String, end: Nanoseconds)] = []
        /// Where that one stands.
        var oldest = 0

        mutating func free(_ key: RequestKey.Name, of generation: String) {
            guard entries[key]?.generation == generation else { return }
            entries[key] = nil
        }

        /// Gives back the keys whose time is over, and while there are too many the oldest.
        mutating func freeForgotten(at now: Nanoseconds, keeping maxCount: Int) {
            while oldest < forgotten.count {
                let (key, generation, end) = forgotten[oldest]
                guard end <= now || entries.count >= maxCount else { break }
                free(key, of: generation)
                oldest += 1
            }
            if oldest > forgotten.count / 2 {
                forgotten.removeFirst(oldest)
                oldest = 0
            }
        }
    }

    private let state = Guarded(State())
    private let maxCount: Int

    /// Makes a table of up to so many keys, each of `RequestKey.maxBytes` at most.
    init(maxCount: Int) { self.maxCount = maxCount }

    /// How many keys stand.
    var count: Int { state.withLock { $0.entries.count } }

    /// Takes a key for an answer, unless it is taken; who comes first has it.
    func claim(_ key: RequestKey, for generation: String, at now: Nanoseconds) -> Claim {
        state.withLock { state in
            state.freeForgotten(at: now, keeping: .max)
            if let entry = state.entries[key.name] {
                guard entry.fingerprint.agrees(with: key.fingerprint) else { return .otherRequest }
                return entry.isForgotten
                    ? .recorded(generation: entry.generation)
                    : .taken(generation: entry.generation)
            }
            state.freeForgotten(at: now, keeping: maxCount)
            guard state.entries.count < maxCount else { return .full }
            state.entries[key.name] = Entry(generation: generation, fingerprint: key.fingerprint)
            return .claimed
        }
    }

    /// Notes that an answer is not in memory any more, and that its key stands still until `end`.
    func forget(_ key: RequestKey, of generation: String, until end: Nanoseconds) {
        state.withLock { state in
            guard state.entries[key.name]?.generation == generation else { return }
            state.entries[key.name]?.isForgotten = true
            state.forgotten.append((key.name, generation, end))
        }
    }

    /// Gives a key back: its answer is gone, or never came to be.
    ///
    /// A key that stands for another answer by now stays.
    func free(_ key: RequestKey, of generation: String) {
        state.withLock { $0.free(key.name, of: generation) }
    }
}
