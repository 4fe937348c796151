import Access
import HTTPServer
import Loop
import Wire

/// Limits that answer in a later turn, as shared ones do, and refuse now and then.
///
/// What was granted is given back or billed exactly once. `@unchecked Sendable`, since a world runs
/// on one thread.
final class SlowBudgets: Budgets, @unchecked Sendable {
    private let chance: Chance
    private let promises: Promises
    private let queue: any WorkQueue
    /// The answers that hold a place.
    private var held: Set<String> = []

    /// Makes the limits of one process.
    init(_ chance: Chance, _ work: any BackgroundWork, _ promises: Promises) {
        self.chance = chance
        self.promises = promises
        queue = work.queue("budgets", .clientWaits)
    }

    /// How many places are held.
    var heldCount: Int { held.count }

    func reserve(
        _ id: String,
        _ caller: Caller,
        from address: PeerAddress,
        on reactor: Reactor,
        then use: @escaping (Result<Void, Problem>) -> Void
    ) {
        let isGranted = !chance.happens(oneIn: 20)
        if isGranted, !held.insert(id).inserted {
            promises.fail("\(id) is counted against the limits twice")
        }
        let ticket = Ticket<Result<Void, Problem>>(on: reactor, use)
        let problem = Problem(
            .tooManyRequests,
            type: "rate_limit_error",
            message: "that is enough for now",
            fields: ["Retry-After": "1"]
        )
        let result: Result<Void, Problem> = isGranted ? .success(()) : .failure(problem)
        let delays = [0, 1, 20, 500]
        queue.after(milliseconds: chance.pick(delays)) { ticket.answer(result) }
    }

    func release(_ id: String) { giveBack(id) }

    func settle(_ id: String, _ bill: RateBill) { giveBack(id) }

    private func giveBack(_ id: String) {
        if held.remove(id) == nil { promises.fail("\(id) gives back a place that it has not") }
    }
}
