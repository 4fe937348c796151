import Glibc
import Loop

/// How long the daemon takes to start, and how much memory it has then.
struct StartCase {
    struct Result {
        /// Milliseconds to the first answer, one for each start.
        let milliseconds: [Double]
        /// Resident bytes, one for each start.
        let residentBytes: [Double]
    }

    /// What the start left to do is done by then.
    private static let settlingMicroseconds: UInt32 = 50_000

    let starts: Int

    func measure(_ setup: DaemonSetup) throws -> Result {
        var milliseconds: [Double] = []
        var residentBytes: [Double] = []
        for _ in 0..<starts {
            let daemon = try MeasuredDaemon(setup)
            defer { daemon.clean() }
            milliseconds.append(Double(daemon.startTime) / 1e6)
            usleep(Self.settlingMicroseconds)
            residentBytes.append(Double(try daemon.use.residentBytes()))
        }
        return Result(milliseconds: milliseconds, residentBytes: residentBytes)
    }
}
