import Dispatch

/// Runs an actor's jobs in the loop's turns, so that they are "on the loop" just as events are.
final class LoopExecutor: SerialExecutor {
    /// Where a loop's turns run.
    enum Place {
        /// On a serial queue, whenever something has happened.
        case queue(DispatchQueue)
        /// On the thread that asks for each turn.
        case stepped
    }

    let place: Place
    let inbox: Inbox

    init(_ place: Place, inbox: Inbox) {
        self.place = place
        self.inbox = inbox
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        inbox.post { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        switch place {
        case .queue(let queue): dispatchPrecondition(condition: .onQueue(queue))
        // Whoever steps a loop does so on one thread, and so does everything that posts to it or
        // reaches into it: there is no other thread to keep out.
        case .stepped: break
        }
    }
}
