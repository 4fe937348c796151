import Synchronization

/// A value behind a `Mutex`, in a way that the thread sanitizer understands.
///
/// A contended `Mutex` takes its lock inside the standard library, which is built without the
/// sanitizer. The sanitizer then sees two threads and no hand-over between them, and reports races
/// where there are none. The flag repeats the hand-over in code that it sees, for about a
/// nanosecond.
package struct Guarded<Value: ~Copyable & Sendable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>
    private let handover = Atomic<Bool>(false)

    /// Puts a value behind the lock.
    package init(_ value: consuming Value) {
        mutex = Mutex(value)
    }

    /// Runs work on the value while no other thread does.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try mutex.withLock { value throws(Failure) in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}
