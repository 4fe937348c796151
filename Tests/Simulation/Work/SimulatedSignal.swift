import Loop

/// A signal between two queues of a simulated process, or between one and its loops.
///
/// `@unchecked`: a world runs on one thread.
final class SimulatedSignal: WorkSignal, @unchecked Sendable {
    private let work: SimulatedWork
    /// When it came without being waited for yet.
    private var arrivals: [Nanoseconds] = []

    /// Makes one that has not come.
    init(of work: SimulatedWork) { self.work = work }

    func signal() { arrivals.append(work.now) }

    func wait(milliseconds: Int) -> Bool {
        let end = work.now + .milliseconds(milliseconds)
        work.run(until: end) { arrivals.isEmpty }
        // What is run meanwhile may take longer than is waited.
        guard let first = arrivals.first, first <= end else { return false }
        arrivals.removeFirst()
        return true
    }
}
