package import Dispatch
import Glibc

/// Signals as events on a queue, never as interrupts.
package struct Signals: Sendable {
    /// Ignores SIGPIPE: a peer that has left is an error of one write, not of the process.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Calls an action for every arrival of a signal, until the source is cancelled.
    ///
    /// - Returns: the source, which the caller keeps for as long as it wants to be called.
    package static func observe(
        _ number: Int32,
        on queue: DispatchQueue,
        _ action: @escaping @Sendable () -> Void
    ) -> sending any DispatchSourceSignal {
        // The default action would end the process before the source gets the signal.
        _ = signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler(handler: action)
        source.activate()
        return source
    }
}
