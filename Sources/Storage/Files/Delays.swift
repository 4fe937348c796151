package import Dispatch

/// How work is put off on a queue: by the system's clock, or by one that a test turns.
package struct Delays: Sendable {
    /// Runs work on a queue, so many milliseconds from now.
    package let run: @Sendable (DispatchQueue, Int, @escaping @Sendable () -> Void) -> Void

    /// Puts work off as the closure does.
    package init(
        _ run: @escaping @Sendable (DispatchQueue, Int, @escaping @Sendable () -> Void) -> Void
    ) {
        self.run = run
    }

    /// The system's clock.
    package static let system = Delays { queue, milliseconds, work in
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds), execute: work)
    }
}
