/// Ended answers without readers, kept up to a bound for clients that come back.
struct Shelf {
    /// The oldest first; some may be gone already.
    private var ended: [(id: String, bytes: Int)] = []
    /// The index of the oldest.
    private var oldest = 0
    private var bytes = 0

    /// Adds one.
    ///
    /// The newest stays, however large.
    ///
    /// - Parameters:
    ///   - id: its id.
    ///   - size: how much memory it holds, in bytes.
    ///   - limit: how much all of them may hold together.
    ///   - letGo: called for each that has to go, the oldest first.
    mutating func add(_ id: String, _ size: Int, upTo limit: Int, _ letGo: (String) -> Void) {
        ended.append((id, size))
        bytes += size
        while bytes > limit, oldest < ended.count - 1 {
            bytes -= ended[oldest].bytes
            letGo(ended[oldest].id)
            oldest += 1
        }
        guard oldest > ended.count / 2 else { return }
        ended.removeFirst(oldest)
        oldest = 0
    }
}
