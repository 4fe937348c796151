/// Something that relays chat streams and is measured: our daemon, or a peer.
protocol Contestant: AnyObject {
    /// As the table names it.
    var name: String { get }

    /// Where and how a stream is asked for, for a given simulator model name.
    func target(model: String) -> StreamTarget

    /// Processor time and resident memory of all its processes.
    var use: ProcessTree { get }

    /// Ends its processes and removes what it wrote; called once.
    func end()
}

/// How a contestant is started; each `start` is a fresh process.
protocol ContestantKind {
    /// As the table names it.
    var name: String { get }

    /// Its version as it tells it; empty where it is not known.
    var version: String { get }

    /// Starts it, and returns when it answers.
    ///
    /// - Parameters:
    ///   - workers: loops, workers or processes that serve at once.
    ///   - upstreamPort: where the simulator is, on 127.0.0.1.
    /// - Returns: the running contestant.
    /// - Throws: why it did not start.
    func start(workers: Int, upstreamPort: Int) throws -> any Contestant
}
