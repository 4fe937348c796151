import Glibc

/// Nanoseconds of `CLOCK_MONOTONIC`, an instant or a span: setting the time does not move them.
package typealias Nanoseconds = UInt64

/// The current time on the monotonic clock.
package func monotonicNow() -> Nanoseconds {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
}

/// Milliseconds since 1970 on the wall clock: for people, never for time-outs.
package func wallMilliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

extension Nanoseconds {
    /// A span of whole milliseconds.
    package static func milliseconds(_ count: Int) -> Nanoseconds {
        Nanoseconds(Swift.max(0, count)) * 1_000_000
    }

    /// A span of whole seconds.
    package static func seconds(_ count: Int) -> Nanoseconds {
        Nanoseconds(Swift.max(0, count)) * 1_000_000_000
    }
}
