import Dispatch

/// How work is put off on a queue: by the system's clock, or by one that a test turns.
struct Delays: Sendable {
    /// Runs work on a queue, so many milliseconds from now.
    let run: @Sendable (DispatchQueue, Int, @escaping @Sendable () -> Void) -> Void

    /// The system's clock.
    static let system = Delays { queue, milliseconds, work in
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds), execute: work)
    }
}
