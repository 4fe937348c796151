import Glibc
import Loop

/// Clients that read nothing, with an upstream that never stops.
extension Bench {
    /// Answers without end, as fast as the simulator can write them.
    static let endless = "bench?tokens=1000000000&interval_us=0&batch=1000"
    /// The pause between two looks at the daemon's health and memory.
    private static let lookMicroseconds: UInt32 = 20_000
    /// After this time the answers have been recorded, and freed memory has gone back to the
    /// kernel, which takes a second longer.
    static let stalledSettlingSeconds = 3

    /// What was measured while the clients were connected.
    private struct Looks {
        /// From `connect` to the whole answer of `/healthz`, each on a connection of its own.
        var delays: [Nanoseconds] = []
        var peakResidentBytes = 0
        /// Why clients were not served, one line for each.
        var failures: [String] = []
    }

    /// Lets all clients of a load ask, read nothing for its duration, and leave.
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

    /// Looks at the daemon; the clients stay connected until this returns.
    private func look(at daemon: OurDaemon, under load: StreamLoad) throws -> Looks {
        // Without it the answers would run on after the clients left, and so would their cost.
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
