import Glibc
import Loop

/// Clients that read nothing, before an upstream that would never stop.
extension Bench {
    /// Answers that nobody ends, as fast as the simulator can write them.
    static let endless = "bench?tokens=1000000000&interval_us=0&batch=1000"
    /// Between two looks at the daemon's health and memory.
    private static let lookMicroseconds: UInt32 = 20_000
    /// Their answers have been recorded by then, and what was freed has gone back to the kernel:
    /// that takes a second longer.
    static let stalledSettlingSeconds = 3

    /// What was seen while the clients were there.
    private struct Looks {
        /// From `connect` to the whole answer of `/healthz`, each on a connection of its own.
        var delays: [Nanoseconds] = []
        var peakResidentBytes = 0
        /// Why clients were not served, one line for each.
        var failures: [String] = []
    }

    /// All clients of a load ask, read nothing for its time, and leave.
    func stall(_ load: StreamLoad, _ daemon: OurDaemon) throws -> Taken {
        let before = try daemon.use.residentBytes()
        let looks = try look(at: daemon, under: load)
        sleep(UInt32(Self.stalledSettlingSeconds))
        let after = try daemon.use.residentBytes()
        let delays = looks.delays.sorted()
        let served = load.streams - looks.failures.count
        var taken = Taken(
            values: [
                .memoryOfAll: Double(looks.peakResidentBytes - before) / 1e6,
                .memoryLeft: Double(after - before) / 1e6,
                .healthP50: Percentile.of(0.5, in: delays),
                .healthP99: Percentile.of(0.99, in: delays),
                .served: Double(served) * 100 / Double(load.streams),
            ],
            answers: load.streams
        )
        taken.failures = looks.failures
        return taken
    }

    /// The clients are there until this returns.
    private func look(at daemon: OurDaemon, under load: StreamLoad) throws -> Looks {
        // Otherwise the answers would run on without them, and so would what they cost.
        let path = "/chat/stream?on_disconnect=cancel"
        let asked = StreamTarget.relay(port: daemon.port, path: path, model: Self.endless)
        let health = StreamTarget(port: daemon.port, get: "/healthz")
        var looks = Looks()
        let end = monotonicNow() + load.duration
        let clients = try StalledClients(asking: Array(repeating: asked, count: load.streams))
        repeat {
            let begin = monotonicNow()
            let connection = try PlainConnection(port: health.port)
            try connection.send(health.request)
            _ = try connection.readContent()
            looks.delays.append(monotonicNow() - begin)
            let resident = try daemon.use.residentBytes()
            looks.peakResidentBytes = max(looks.peakResidentBytes, resident)
            usleep(Self.lookMicroseconds)
        } while monotonicNow() < end
        looks.failures = clients.failures()
        return looks
    }
}
