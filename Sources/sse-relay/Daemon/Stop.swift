import Loop
import Relay

/// The end of a relay: nothing new is let in, and what runs may end.
struct Stop {
    let service: Service
    /// How long answers may go on.
    let drainSeconds: Int
    let arrivals: SignalArrivals
    let log: Log

    /// What records and the last frames may take once all answers have ended.
    private static let closingSeconds = 15

    /// What systemd is told: it must not kill the process while answers may go on, whatever its
    /// `TimeoutStopSec` is.
    static func notice(drainSeconds: Int) -> String {
        "STOPPING=1\nEXTEND_TIMEOUT_USEC=\((drainSeconds + closingSeconds) * 1_000_000)"
    }

    /// Stops accepting; what runs goes on.
    func begin() async {
        let load = await service.load()
        log.write(.info, "stopping: \(load.generations) answers may go on for \(drainSeconds) s")
        await service.drain()
    }

    /// Lets answers end, then ends those that have not, truthfully.
    func finish() async {
        await waitUntilIdle(for: .seconds(drainSeconds), pollMilliseconds: 20) {
            arrivals.stopCount < 2
        }
        await service.interrupt()
        // The last frames are on their way: readers that read get a moment to take them.
        await waitUntilIdle(for: .seconds(2), pollMilliseconds: 10) { true }
        await service.closeAll()
    }

    private func waitUntilIdle(
        for time: Nanoseconds,
        pollMilliseconds: UInt64,
        while mayWait: () -> Bool
    ) async {
        let deadline = monotonicNow() + time
        while monotonicNow() < deadline, mayWait(), await !isIdle {
            try? await Task.sleep(nanoseconds: pollMilliseconds * 1_000_000)
        }
    }

    private var isIdle: Bool {
        get async {
            let load = await service.load()
            return load.generations == 0 && load.connections == 0
        }
    }
}
