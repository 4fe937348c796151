import Dispatch
import Glibc

/// Background work on Dispatch's threads, by the system's clock.
package struct DispatchWork: BackgroundWork {
    /// Makes queues that run from now on.
    package init() {}

    package func queue(_ label: String, _ urgency: WorkUrgency) -> any WorkQueue {
        let quality: DispatchQoS =
            switch urgency {
            case .clientWaits: .userInitiated
            case .usual: .unspecified
            case .upkeep: .utility
            }
        return Queue(queue: DispatchQueue(label: label, qos: quality))
    }

    package func makeSignal() -> any WorkSignal { Signal() }

    package func sleep(milliseconds: Int) { usleep(UInt32(clamping: milliseconds * 1000)) }

    private struct Queue: WorkQueue {
        let queue: DispatchQueue

        func async(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

        func after(milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
            queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds), execute: work)
        }

        func sync(_ work: () -> Void) { queue.sync(execute: work) }
    }

    private struct Signal: WorkSignal {
        private let semaphore = DispatchSemaphore(value: 0)

        func signal() { semaphore.signal() }

        func wait(milliseconds: Int) -> Bool {
            semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
        }
    }
}
