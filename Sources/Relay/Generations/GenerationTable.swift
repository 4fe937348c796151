/// The answers of one loop by their ids: running ones, and ended ones that a client may come back
/// for.
struct GenerationTable {
    private var byID: [String: Generation] = [:]
    /// Answers whose readers were sent all of it, the oldest first; some are gone by now.
    private var delivered: [(id: String, bytes: Int)] = []
    /// Where the oldest stands.
    private var oldest = 0
    private var deliveredBytes = 0

    subscript(id: String) -> Generation? { byID[id] }

    var all: [Generation] { Array(byID.values) }

    var runningCount: Int { byID.values.count { !$0.isEnded } }

    mutating func add(_ generation: Generation) {
        byID[generation.id] = generation
    }

    mutating func remove(_ generation: Generation) {
        byID[generation.id] = nil
        generation.letGo()
    }

    mutating func removeAll() {
        for generation in byID.values { generation.letGo() }
        self = GenerationTable()
    }

    /// Keeps a delivered answer for a while, and lets the oldest of them go where they hold more
    /// than `limit` bytes together.
    mutating func keep(_ generation: Generation, upTo limit: Int) {
        let bytes = generation.heldBytes
        delivered.append((generation.id, bytes))
        deliveredBytes += bytes
        while deliveredBytes > limit, oldest < delivered.count {
            let (id, bytes) = delivered[oldest]
            deliveredBytes -= bytes
            oldest += 1
            if let generation = byID[id] { remove(generation) }
        }
        if oldest > delivered.count / 2 {
            delivered.removeFirst(oldest)
            oldest = 0
        }
    }
}
