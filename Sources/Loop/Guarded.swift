public import Synchronization

/// A value behind a `Mutex`, in a way that the thread sanitizer understands.
///
/// A contended `Mutex` takes its lock inside the standard library, which is built without the
/// sanitizer. The sanitizer then sees two threads and no hand-over between them, and reports races
/// where there are none. The flag repeats the hand-over in code that it sees, for about a
/// nanosecond.
///
/// Each module makes its own version for its own type: to ask the runtime for the layout of a
/// generic one costs more than the lock.
public struct Guarded<Value: ~Copyable & Sendable>: ~Copyable, Sendable {
    @usableFromInline let mutex: Mutex<Value>
    @usableFromInline let handover = Atomic<Bool>(false)

    /// Puts a value behind the lock.
    @inlinable public init(_ value: consuming Value) {
        mutex = Mutex(value)
    }

    /// Runs work on the value while no other thread does.
    @inlinable public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try mutex.withLock { value throws(Failure) in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}
