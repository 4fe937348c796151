import Generations
import HTTPServer
import Loop

/// Brings work, questions and requests from any thread to the loops that serve.
final class LoopPost: Sendable {
    /// In the order of their numbers; set once at the start.
    private let served = Guarded<[EventLoop]>([])

    /// The loops that serve.
    var loops: [EventLoop] { served.withLock { $0 } }

    /// Notes which loops serve.
    ///
    /// - Parameter loops: at most 64, since a generation's id names its loop by one digit.
    func begin(_ loops: [EventLoop]) {
        precondition(loops.count <= GenerationID.maxLoops, "a digit tells 64 loops apart")
        served.withLock { $0 = loops }
    }

    /// The loop that owns an answer; nil where the text is not an id of ours.
    ///
    /// An id may name a loop that does not exist, since an earlier process may have had more loops;
    /// one of those that serve stands in for it.
    func loopIndex(of id: String) -> Int? {
        let count = served.withLock { $0.count }
        return GenerationID.loop(of: id).map { $0 % max(1, count) }
    }

    /// Hands a request to the loop that owns the answer it wants.
    ///
    /// - Returns: whether there is such a loop.
    func move(_ exchange: Exchange, toLoop index: Int) -> Bool {
        let loops = loops
        guard loops.indices.contains(index), let detached = exchange.detach() else { return false }
        loops[index].post { Worker.of($0)?.adopt(detached) }
        return true
    }

    /// Runs work on a loop soon, unless the loop no longer serves.
    func post(toLoop index: Int, _ work: @escaping @Sendable (Worker) -> Void) {
        let loops = loops
        guard loops.indices.contains(index) else { return }
        loops[index].post { loop in
            if let worker = Worker.of(loop) { work(worker) }
        }
    }

    /// Runs work on all loops soon.
    func postToAll(_ work: @escaping @Sendable (Worker) -> Void) {
        for index in loops.indices { post(toLoop: index, work) }
    }

    /// Runs work on all loops, one after the other, and waits for it.
    func onAll(_ work: @Sendable (isolated EventLoop) -> Void) async {
        for loop in loops { await loop.run(work) }
    }

    /// Asks all loops for values, and passes them on once the last loop has given its own.
    ///
    /// A loop that no longer serves has none to give; nobody waits for it.
    ///
    /// - Parameters:
    ///   - look: runs on every loop.
    ///   - use: takes all values, in no order, on the loop that answered last.
    func gather<Value: Sendable>(
        _ look: @escaping @Sendable (Worker) -> [Value],
        then use: @escaping @Sendable ([Value]) -> Void
    ) {
        let loops = loops
        guard !loops.isEmpty else { return use([]) }
        let gathering = Gathering<Value>(from: loops.count)
        for loop in loops {
            loop.post { loop in
                if let all = gathering.add(Worker.of(loop).map(look) ?? []) { use(all) }
            }
        }
    }
}

/// Values on their way from all loops to one place.
private final class Gathering<Value: Sendable>: Sendable {
    /// How many loops have not given their values, and the values of the others.
    private let state: Guarded<(left: Int, values: [Value])>

    init(from count: Int) { state = Guarded((count, [])) }

    /// Adds the values of one loop.
    ///
    /// - Returns: all values, if that loop was the last.
    func add(_ values: [Value]) -> [Value]? {
        state.withLock { state in
            state.left -= 1
            state.values += values
            return state.left == 0 ? state.values : nil
        }
    }
}
