import Loop

/// Who is being answered by an upstream, and who waits for that; one for all loops.
package final class CallQueue: Sendable {
    /// How many there may be.
    struct Bounds: Sendable, Equatable {
        /// Answers that run at once; nil for any number.
        var running: Int?
        /// Answers that wait.
        var waiting: Int

        /// How many of one owner may wait: nobody fills the queue alone.
        ///
        /// Where callers are not told apart, all are one owner.
        func waiting(of owner: String) -> Int { owner.isEmpty ? waiting : max(1, waiting / 4) }
    }

    /// Why one cannot wait.
    enum Refusal: Error {
        /// Too many wait, of all or of the owner's.
        case full
        /// What waits holds too much memory.
        case noMemory
    }

    /// What one that waits needs.
    private struct Waiting {
        let ticket: Ticket<Void>
        let loop: Int
    }

    private struct State {
        var bounds = Bounds(running: nil, waiting: 0)
        var running: Set<Int> = []
        var line = FairLine()
        var waiting: [Int: Waiting] = [:]
        var last = 0
    }

    private let state = Guarded(State())
    private let memory: MemoryGauge

    /// Makes a queue in which nobody is.
    init(_ memory: MemoryGauge) { self.memory = memory }

    /// Sets how many there may be from now on, and lets in for whom there is room now.
    func set(_ bounds: Bounds) {
        state.withLock { $0.bounds = bounds }
        admit()
    }

    /// Takes a place among those that run.
    ///
    /// - Parameters:
    ///   - bytes: the memory that the question holds.
    ///   - loop: the number of the loop that asks.
    /// - Returns: the place's number; nil where one has to wait.
    func take(_ bytes: Int, on loop: Int) -> Int? {
        let number = state.withLock { state -> Int? in
            guard state.line.count == 0, hasRoom(state), admits(bytes, on: loop, state) else {
                return nil
            }
            state.last += 1
            state.running.insert(state.last)
            return state.last
        }
        if memory.isClose { memory.ask() }
        return number
    }

    /// Waits for a place.
    ///
    /// - Parameters:
    ///   - owner: who asks; empty where callers are not told apart.
    ///   - bytes: the memory that the question holds.
    ///   - loop: the number of the loop that asks.
    ///   - ticket: is answered once the place is there, or at `leave`.
    /// - Returns: the place's number.
    /// - Throws: why it cannot wait; then the ticket is answered.
    func wait(
        _ owner: String,
        _ bytes: Int,
        on loop: Int,
        _ ticket: Ticket<Void>
    ) throws(Refusal) -> Int {
        let result = state.withLock { state -> Result<Int, Refusal> in
            let isFull =
                state.line.count >= state.bounds.waiting
                || state.line.count(of: owner) >= state.bounds.waiting(of: owner)
            guard !isFull else { return .failure(.full) }
            guard memory.admitWaiting(bytes, on: loop) else { return .failure(.noMemory) }
            state.last += 1
            state.line.add(state.last, of: owner)
            state.waiting[state.last] = Waiting(ticket: ticket, loop: loop)
            return .success(state.last)
        }
        do throws(Refusal) {
            let number = try result.get()
            // A place may have become free meanwhile.
            admit()
            return number
        } catch {
            ticket.answer(())
            throw error
        }
    }

    /// Gives a place back, whether it runs or waits.
    func leave(_ number: Int) {
        state.withLock { state in
            if state.running.remove(number) != nil { return }
            guard state.line.remove(number) else { return }
            state.waiting.removeValue(forKey: number)?.ticket.answer(())
        }
        admit()
    }

    /// After how many others a waiting one is served, itself included; nil where it runs.
    func place(of number: Int) -> Int? { state.withLock { $0.line.place(of: number) } }

    /// Lets in who waits, as far as there is room; what a question holds is counted already.
    func admit() {
        state.withLock { state in
            while hasRoom(state), let number = state.line.first,
                let waiting = state.waiting[number], admits(0, on: waiting.loop, state)
            {
                _ = state.line.next()
                state.waiting[number] = nil
                state.running.insert(number)
                waiting.ticket.answer(())
            }
        }
    }

    private func admits(_ bytes: Int, on loop: Int, _ state: State) -> Bool {
        memory.admit(bytes, on: loop, isOnly: state.running.isEmpty)
    }

    private func hasRoom(_ state: State) -> Bool {
        state.bounds.running.map { state.running.count < $0 } ?? true
    }
}

/// The queues of all upstreams; they outlive a reload.
package final class CallQueues: Sendable {
    package let memory: MemoryGauge
    private let queues = Guarded<[UpstreamIdentity: CallQueue]>([:])

    /// Makes none yet.
    package init(_ memory: MemoryGauge = MemoryGauge()) { self.memory = memory }

    /// The queue of an upstream.
    func queue(of upstream: RelayConfiguration.Upstream) -> CallQueue {
        let identity = UpstreamIdentity(upstream)
        return queues.withLock { queues in
            if let queue = queues[identity] { return queue }
            let queue = CallQueue(memory)
            queues[identity] = queue
            return queue
        }
    }

    /// Takes how much memory a loop holds, and lets in who waits for memory.
    package func measured(_ bytes: Int, on loop: Int) {
        memory.measured(bytes, on: loop)
        for queue in queues.withLock({ Array($0.values) }) { queue.admit() }
    }
}
