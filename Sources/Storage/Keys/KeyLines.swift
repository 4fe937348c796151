import Glibc

/// What the file of keys says: of each key the last line, while its time is not over.
struct KeyLines {
    /// The keys that stand, in the order of their lines.
    private(set) var living: [KeptKey] = []
    /// How many lines there are.
    private(set) var count = 0
    /// How many of them are not as they were written.
    private(set) var damaged = 0
    /// Where the last line ends.
    private(set) var end = 0

    /// Reads the file's lines.
    ///
    /// A clock that was set back makes no key older than new; one that was set forward ends its time.
    ///
    /// - Parameters:
    ///   - path: of the file; where there is none, it has no lines.
    ///   - lifeMilliseconds: how long a key stands after its answer's end.
    ///   - now: in milliseconds since 1970.
    /// - Throws: where the disk cannot be read.
    mutating func read(
        _ path: String,
        lifeMilliseconds: Int,
        at now: Int
    ) throws(StorageError) {
        guard access(path, F_OK) == 0 else { return }
        var found: [KeptKey] = []
        var last: [KeptKey.Name: Int] = [:]
        var count = 0
        var damaged = 0
        let file = try OpenFile(opening: path, O_RDONLY)
        let size = Int(try file.status().st_size)
        end = try FileLines.forEach(in: file, from: 0, to: size) { _, line in
            count += 1
            guard let key = KeptKey(line) else { return damaged += 1 }
            last[key.name] = found.count
            found.append(key)
        }
        self.count = count
        self.damaged = damaged
        living.reserveCapacity(last.count)
        for (place, key) in found.enumerated() {
            guard now - key.endedAt < lifeMilliseconds, last[key.name] == place else { continue }
            living.append(key)
        }
    }
}
