import Loop

/// A value that work on its own serial queue touches, and nothing else.
final class Confined<Value: ~Copyable & Sendable>: Sendable {
    private let queue: any WorkQueue
    /// Never contended: it shows the compiler and the thread sanitizer what the queue does.
    private let value: Guarded<Value>

    /// Puts a value on a queue of its own.
    init(_ value: consuming Value, on queue: any WorkQueue) {
        self.queue = queue
        self.value = Guarded(value)
    }

    /// Runs work after all that was given before.
    func async(_ work: @escaping @Sendable (inout Value) -> Void) {
        queue.async { self.value.withLock(work) }
    }

    /// Runs work once so many milliseconds have passed.
    func after(milliseconds: Int, _ work: @escaping @Sendable (inout Value) -> Void) {
        queue.after(milliseconds: milliseconds) { self.value.withLock(work) }
    }

    /// Runs work after all that was given before, and waits for it; never from the queue itself.
    func sync<Result, Failure: Error>(
        _ work: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var outcome: Swift.Result<Result, Failure>?
        queue.sync {
            outcome = value.withLock { value in
                do throws(Failure) {
                    return Swift.Result<Result, Failure>.success(try work(&value))
                } catch {
                    return .failure(error)
                }
            }
        }
        guard let outcome else { preconditionFailure("a queue did not run its work") }
        return try outcome.get()
    }
}
