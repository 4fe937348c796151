import Loop

/// A call's place at an upstream: among those that run, or in its queue.
///
/// The last reference gives it back.
final class CallPlace {
    private let queue: CallQueue
    private let number: Int

    private init(_ queue: CallQueue, _ number: Int) {
        self.queue = queue
        self.number = number
    }

    deinit { queue.leave(number) }

    /// After how many others it is served, itself included; nil once it runs.
    var waitingPlace: Int? { queue.place(of: number) }

    /// Takes a place among those that run.
    ///
    /// - Parameters:
    ///   - upstream: who is asked.
    ///   - bytes: the memory that the question holds.
    ///   - context: the loop's.
    /// - Returns: the place; nil where one has to wait.
    static func take(
        _ upstream: PreparedUpstream,
        _ bytes: Int,
        _ context: LoopContext
    ) -> CallPlace? {
        upstream.queue.take(bytes, on: context.reactor.index).map {
            CallPlace(upstream.queue, $0)
        }
    }

    /// Takes a place in the queue.
    ///
    /// - Parameters:
    ///   - upstream: whose queue it is.
    ///   - owner: who asks; nil where callers are not told apart.
    ///   - bytes: the memory that the question holds.
    ///   - context: the loop's.
    ///   - use: called on the loop once the place is there; also once it is given back.
    /// - Returns: the place.
    /// - Throws: why it cannot wait.
    static func wait(
        _ upstream: PreparedUpstream,
        for owner: String?,
        _ bytes: Int,
        _ context: LoopContext,
        then use: @escaping () -> Void
    ) throws(CallQueue.Refusal) -> CallPlace {
        let ticket = Ticket<Void>(on: context.reactor) { _ in use() }
        let loop = context.reactor.index
        let number = try upstream.queue.wait(owner ?? "", bytes, on: loop, ticket)
        return CallPlace(upstream.queue, number)
    }
}
