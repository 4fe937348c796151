import Loop
import Relay

/// Tells systemd that every loop turns, and what they do.
///
/// A loop that hangs gives no answer, and so nothing is told any more: then systemd ends the
/// process and starts another (`WatchdogSec=`).
struct Heartbeat: Sendable {
    /// How often it looks where systemd does not say how long it waits.
    static let usualSeconds = 5

    let notifier: SystemdNotifier
    /// Asks every loop what it does, and waits for all of them.
    let look: @Sendable () async -> Load

    /// How long it rests between two looks, in nanoseconds: two may be late before systemd loses
    /// its patience.
    private var pause: UInt64 {
        let usual = Self.usualSeconds * 1_000_000
        let wanted = notifier.watchdogMicroseconds.map { min($0 / 3, usual) } ?? usual
        return UInt64(max(wanted, 1000)) * 1000
    }

    /// Goes on until the task is cancelled.
    func run() async {
        guard notifier.isHeard else { return }
        var last = (tokens: 0, time: monotonicNow())
        var told = ""
        while !Task.isCancelled {
            let load = await look()
            let now = monotonicNow()
            let status = Self.status(load, tokens: load.tokens - last.tokens, in: now - last.time)
            last = (load.tokens, now)
            if notifier.watchdogMicroseconds != nil { notifier.notify("WATCHDOG=1") }
            if status != told { notifier.notify("STATUS=\(status)") }
            told = status
            do { try await Task.sleep(nanoseconds: pause) } catch { return }
        }
    }

    /// What `systemctl status` shows.
    ///
    /// - Parameters:
    ///   - load: what runs.
    ///   - tokens: how many came.
    ///   - time: in how long, in nanoseconds.
    /// - Returns: one line.
    static func status(_ load: Load, tokens: Int, in time: Nanoseconds) -> String {
        let rate = max(0, tokens) * 1_000_000_000 / max(Int(time), 1)
        return "\(load.generations) answers running, \(load.connections) connections open,"
            + " \(rate) tokens/s"
    }
}
