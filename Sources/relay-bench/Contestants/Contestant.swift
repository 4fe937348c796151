/// Something that relays chat streams and is measured: our daemon, or a peer.
protocol Contestant: AnyObject {
    /// The name in the table.
    var name: String { get }

    /// Where and how to ask for a stream of a simulator's model name.
    func target(model: String) -> StreamTarget

    /// All its processes, with their processor time and resident memory.
    var use: ProcessTree { get }

    /// Ends its processes and removes what it wrote; called once.
    func end()
}

/// A kind of contestant; each `start` is a new process.
protocol ContestantKind {
    /// The name in the table.
    var name: String { get }

    /// The version that it reports; empty if it is not known.
    var version: String { get }

    /// Starts it, and returns when it answers.
    ///
    /// - Parameters:
    ///   - workers: how many loops, workers or processes serve at once.
    ///   - upstreamPort: the simulator's port on 127.0.0.1.
    /// - Returns: the running contestant.
    /// - Throws: why it did not start.
    func start(workers: Int, upstreamPort: Int) throws -> any Contestant
}
