import Loop

/// Lets so many things through in a time, evenly and with bursts up to all of them.
///
/// It is the generic cell rate algorithm (ITU-T I.371 §A): a virtual queue that drains at the rate.
struct RateLimiter: Sendable, Equatable {
    /// When the queue is empty again: the theoretical arrival time.
    private var emptyAt: Nanoseconds

    /// Makes one whose queue is empty from a time on.
    init(emptyAt: Nanoseconds = 0) { self.emptyAt = emptyAt }

    /// How long until one more would pass; 0 where it passes now.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - rate: how many pass in how long.
    /// - Returns: the wait in nanoseconds.
    func wait(at now: Nanoseconds, _ rate: Rate) -> Nanoseconds {
        let fullAt = now + rate.time - rate.interval
        return emptyAt > fullAt ? emptyAt - fullAt : 0
    }

    /// Counts some, whether or not they pass: what was paid for was used.
    mutating func count(_ number: Int, at now: Nanoseconds, _ rate: Rate) {
        let (cost, isTooMuch) = rate.interval.multipliedReportingOverflow(
            by: UInt64(max(0, number))
        )
        // No debt lasts longer than a year: so no sum overflows, whatever an upstream counts.
        let most = Nanoseconds.seconds(365 * 86_400)
        emptyAt = min(max(emptyAt, now) + min(isTooMuch ? most : cost, most), now + most)
    }

    /// Takes back one that did not happen after all.
    mutating func giveBack(_ rate: Rate) {
        emptyAt -= min(emptyAt, rate.interval)
    }

    /// How long until the queue is empty; 0 where it is.
    func debt(at now: Nanoseconds) -> Nanoseconds { emptyAt > now ? emptyAt - now : 0 }

    /// Whether it is as if nothing had passed.
    func isEmpty(at now: Nanoseconds) -> Bool { emptyAt <= now }
}

/// How many things may pass in how long.
struct Rate: Sendable, Equatable {
    let count: Int
    let seconds: Int

    /// What one of them takes of the time.
    ///
    /// Rounded up, so that never more than `count` pass at once.
    var interval: Nanoseconds {
        let time = Nanoseconds.seconds(seconds)
        return max(1, (time + UInt64(count) - 1) / UInt64(count))
    }

    /// The time of all of them.
    var time: Nanoseconds { interval * UInt64(count) }

    static func perMinute(_ count: Int) -> Rate { Rate(count: count, seconds: 60) }
}
