/// The answers of one loop by their ids: running ones, and ended ones that a client may come back
/// for.
struct GenerationStore {
    private var byID: [String: Generation] = [:]
    /// Ended answers without readers, the oldest first; some are gone by now.
    private var ended: [(id: String, bytes: Int)] = []
    /// Where the oldest stands.
    private var oldest = 0
    private var endedBytes = 0

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
        self = GenerationStore()
    }

    /// Keeps an ended answer for a while, and lets the oldest of them go where they hold more than
    /// `limit` bytes together.
    ///
    /// The newest stays, however large.
    mutating func shelve(_ generation: Generation, upTo limit: Int) {
        let bytes = generation.heldBytes
        ended.append((generation.id, bytes))
        endedBytes += bytes
        while endedBytes > limit, oldest < ended.count - 1 {
            let (id, bytes) = ended[oldest]
            endedBytes -= bytes
            oldest += 1
            byID.removeValue(forKey: id)?.letGo(isEarly: true)
        }
        if oldest > ended.count / 2 {
            ended.removeFirst(oldest)
            oldest = 0
        }
    }
}
