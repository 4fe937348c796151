import Loop

/// Which answer was started under which of the clients' keys; one table for all loops.
///
/// The first request with a key claims it, for an answer that it starts in the same turn of its
/// loop. Another request finds the claim, maybe before there is that answer; but it can come to
/// the loop that owns it only in a later turn, and then there is. A key stands for as long as its
/// answer is kept.
final class KeyTable: Sendable {
    /// What a request with a key is to do.
    enum Claim: Equatable {
        /// The key is its own now: start the answer, under the id that it claimed for it.
        case claimed
        /// Read the answer that was started under the key.
        case taken(generation: String)
        /// The key stands for something else that was asked.
        case otherRequest
        /// No key more is taken.
        case full
    }

    private struct Entry {
        let generation: String
        let fingerprint: UInt64
    }

    private let entries = Guarded<[String: Entry]>([:])
    private let maxCount: Int

    /// Makes a table of up to so many keys, each of `RequestKey.maxBytes` at most.
    init(maxCount: Int) { self.maxCount = maxCount }

    /// How many keys stand.
    var count: Int { entries.withLock { $0.count } }

    /// Takes a key for an answer, unless it is taken; who comes first has it.
    func claim(_ key: RequestKey, for generation: String) -> Claim {
        entries.withLock { entries in
            if let entry = entries[key.text] {
                guard entry.fingerprint == key.fingerprint else { return .otherRequest }
                return .taken(generation: entry.generation)
            }
            guard entries.count < maxCount else { return .full }
            entries[key.text] = Entry(generation: generation, fingerprint: key.fingerprint)
            return .claimed
        }
    }

    /// Gives a key back: its answer is gone, or never came to be.
    ///
    /// A key that stands for another answer by now stays.
    func free(_ key: RequestKey, of generation: String) {
        entries.withLock { entries in
            guard entries[key.text]?.generation == generation else { return }
            entries[key.text] = nil
        }
    }
}
