package import Loop
package import Storage

/// Which answer was started under which key of a client; one table for all loops.
///
/// The first request with a key claims it, for an answer that its loop begins: in the same turn, or
/// once the answer is allowed, and until then the store expects it. Another request may find the
/// claim before that answer exists; but it can reach the loop that owns it only in a later turn,
/// and then the answer exists, or is expected. A key is valid for as long as its answer is kept;
/// where the answer must leave memory earlier, its record is served instead.
package final class KeyTable: Sendable {
    /// What a request with a key is to do.
    package enum Claim: Equatable, Sendable {
        /// The key is now the request's own: start the answer, under the id for which it was
        /// claimed.
        case claimed
        /// Read the answer that was started under the key.
        case taken(generation: String)
        /// Serve the record of the answer that was started under the key.
        case recorded(generation: String)
        /// The key belongs to another request.
        case otherRequest
        /// The key belongs to another request, as long as there is a record of that.
        case otherRecorded(generation: String)
        /// No further key is taken.
        case full
    }

    private struct Entry {
        let generation: String
        let fingerprint: RequestFingerprint
        var isForgotten = false
    }

    private struct State {
        var entries: [RequestKey.Name: Entry] = [:]
        /// Keys whose answers are no longer in memory, in the order in which they expire; some may
        /// be gone already.
        var forgotten: [(key: RequestKey.Name, generation: String, end: Nanoseconds)] = []
        /// The index of the first that may still be there.
        var oldest = 0

        mutating func free(_ key: RequestKey.Name, of generation: String) {
            guard entries[key]?.generation == generation else { return }
            entries[key] = nil
        }

        /// Frees the keys that have expired, and the oldest ones while there are too many.
        mutating func freeForgotten(at now: Nanoseconds, keeping maxCount: Int) {
            while oldest < forgotten.count {
                let (key, generation, end) = forgotten[oldest]
                guard end <= now || entries.count >= maxCount else { break }
                // One that is in memory again is served from there.
                if entries[key]?.isForgotten == true { free(key, of: generation) }
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

    /// Makes a table of at most this many keys, each of `RequestKey.maxBytes` at most.
    package init(maxCount: Int) { self.maxCount = maxCount }

    /// How many keys are taken.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Takes a key for an answer, unless it is taken already; the first request gets it.
    ///
    /// - Parameters:
    ///   - key: the client's.
    ///   - generation: the id that the answer will have.
    ///   - now: by the loops' clock.
    ///   - use: takes what is to be done, now or later, on the loop.
    package func claim(
        _ key: RequestKey,
        for generation: String,
        at now: Nanoseconds,
        then use: @escaping (Claim) -> Void
    ) {
        use(claim(key, for: generation, at: now))
    }

    func claim(_ key: RequestKey, for generation: String, at now: Nanoseconds) -> Claim {
        state.withLock { state in
            state.freeForgotten(at: now, keeping: .max)
            if let entry = state.entries[key.name] {
                guard entry.fingerprint.agrees(with: key.fingerprint) else {
                    return entry.isForgotten
                        ? .otherRecorded(generation: entry.generation) : .otherRequest
                }
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

    /// Notes that an answer is no longer in memory, and that its key still counts until `end`.
    func forget(_ key: RequestKey, of generation: String, until end: Nanoseconds) {
        state.withLock { state in
            guard state.entries[key.name]?.generation == generation else { return }
            state.entries[key.name]?.isForgotten = true
            state.forgotten.append((key.name, generation, end))
        }
    }

    /// Takes the keys of answers that ended before the start; their records are served.
    ///
    /// - Parameters:
    ///   - kept: as the file of keys has them; where there are too many, the last are taken.
    ///   - life: how long a key is valid after its answer's end.
    ///   - now: by the clock that ends are counted by.
    ///   - wallMilliseconds: now, since 1970.
    package func restore(
        _ kept: [KeptKey],
        life: Nanoseconds,
        at now: Nanoseconds,
        wallMilliseconds: Int
    ) {
        var restored: [(key: RequestKey.Name, generation: String, end: Nanoseconds)] = []
        restored.reserveCapacity(min(kept.count, maxCount))
        state.withLock { state in
            state.entries.reserveCapacity(min(kept.count, maxCount))
            for kept in kept.suffix(maxCount) {
                // Where the clock was set back meanwhile, no key lasts longer than a new one.
                let age = Nanoseconds.milliseconds(max(0, wallMilliseconds - kept.endedAt))
                guard age < life else { continue }
                let key = RequestKey(kept)
                state.entries[key.name] = Entry(
                    generation: kept.generation,
                    fingerprint: key.fingerprint,
                    isForgotten: true
                )
                restored.append((key.name, kept.generation, now + life - age))
            }
            // The file has them in the order of their ends, except those of one moment.
            restored.sort { $0.end < $1.end }
            state.forgotten += restored
        }
    }

    /// Takes the key of an earlier process's answer that is in memory again.
    ///
    /// The journal knows better than the file of keys: what it has began later.
    ///
    /// - Returns: whether the key already belonged to that answer.
    func adopt(_ key: RequestKey, for generation: String, at now: Nanoseconds) -> Bool {
        state.withLock { state in
            let isKnown = state.entries[key.name]?.generation == generation
            if !isKnown { state.freeForgotten(at: now, keeping: maxCount) }
            state.entries[key.name] = Entry(generation: generation, fingerprint: key.fingerprint)
            return isKnown
        }
    }

    /// Frees a key, because its answer is gone or never came to be.
    ///
    /// A key that now belongs to another answer stays.
    package func free(_ key: RequestKey, of generation: String) {
        state.withLock { $0.free(key.name, of: generation) }
    }
}
