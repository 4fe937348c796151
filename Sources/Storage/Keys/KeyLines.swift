import Glibc

/// The lines of the file of keys whose time is not over; of each key the last one counts.
struct KeyLines {
    /// Those lines, in their order.
    private(set) var living: [KeptKey] = []
    /// How many lines there are.
    private(set) var count = 0
    /// How many of them are not as they were written.
    private(set) var damaged = 0
    /// How many have the end of their answers in the future.
    private(set) var future = 0
    /// Where the last line ends.
    private(set) var end = 0

    /// Reads the file's lines.
    ///
    /// A clock that was set back makes no key older than new: what ended in the future ended now,
    /// and has to be written so, or it would be new at every start. One that was set forward ends
    /// its time.
    ///
    /// - Parameters:
    ///   - path: of the file; where there is none, it has no lines.
    ///   - lifeMilliseconds: how long a key lives after its answer's end.
    ///   - now: in milliseconds since 1970.
    ///   - disk: the one that has it.
    /// - Throws: where the disk cannot be read.
    mutating func read(
        _ path: String,
        lifeMilliseconds: Int,
        at now: Int,
        on disk: any Disk
    ) throws(StorageError) {
        guard disk.identity(of: path) != nil else { return }
        let file = try OpenFile(opening: path, O_RDONLY, on: disk)
        let size = try file.status().size
        living.reserveCapacity(size / Self.usualBytes)
        end = try FileLines.forEach(in: file, from: 0, to: size) { _, line in
            count += 1
            guard var key = KeptKey(line) else { return damaged += 1 }
            if key.endedAt > now {
                key.endedAt = now
                future += 1
            }
            if now - key.endedAt < lifeMilliseconds { living.append(key) }
        }
    }

    /// Of each key leaves the last.
    mutating func dropSuperseded() {
        var last: [[UInt8]: Int] = [:]
        for (place, key) in living.enumerated() { last[key.name] = place }
        guard last.count < living.count else { return }
        living = living.enumerated().filter { last[$0.element.name] == $0.offset }.map(\.element)
    }

    /// About as long as a line is.
    private static let usualBytes = 100
}
