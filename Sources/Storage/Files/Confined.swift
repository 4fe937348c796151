import Dispatch
import Loop

/// A value that blocks of its own serial queue touch, and nothing else.
final class Confined<Value: ~Copyable & Sendable>: Sendable {
    private let queue: DispatchQueue
    private let delays: Delays
    /// Never contended: it shows the compiler and the thread sanitizer what the queue does.
    private let value: Guarded<Value>

    /// Puts a value on a queue of its own.
    ///
    /// - Parameters:
    ///   - value: what is touched there alone.
    ///   - label: the queue's name, as tools show it.
    ///   - delays: how work is put off.
    init(_ value: consuming Value, label: String, delays: Delays = .system) {
        queue = DispatchQueue(label: label)
        self.delays = delays
        self.value = Guarded(value)
    }

    /// Runs work after all that was given before.
    func async(_ work: @escaping @Sendable (inout Value) -> Void) {
        queue.async { self.value.withLock(work) }
    }

    /// Runs work once so many milliseconds have passed.
    func after(milliseconds: Int, _ work: @escaping @Sendable (inout Value) -> Void) {
        delays.run(queue, milliseconds) { self.value.withLock(work) }
    }

    /// Runs work after all that was given before, and waits for it; never from the queue itself.
    func sync<Result, Failure: Error>(
        _ work: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = queue.sync {
            value.withLock { value in
                do throws(Failure) {
                    return Swift.Result<Result, Failure>.success(try work(&value))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try outcome.get()
    }
}
