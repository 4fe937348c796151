import Glibc
import Loop
import Simulator
import TestSupport
import Testing

@testable import relay_bench

/// The peers that are on this machine.
///
/// Those in Python take long, and are there only after `scripts/bench --peers`.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PeerTests {
    private static let isLong = getenv("RELAY_TEST_LONG") != nil
    private static let peers = ".build/peers"

    @Test(.enabled(if: access("/usr/sbin/nginx", X_OK) == 0))
    func nginxRelaysStreamsAndLeavesNothingBehind() throws {
        try Self.check(NginxKind(executable: "/usr/sbin/nginx"), workers: 2, processes: 3...3)
    }

    @Test(.enabled(if: access("/usr/sbin/haproxy", X_OK) == 0))
    func haproxyRelaysStreamsAndLeavesNothingBehind() throws {
        try Self.check(HAProxyKind(executable: "/usr/sbin/haproxy"), workers: 2, processes: 1...1)
    }

    @Test(.enabled(if: isLong && access("\(peers)/fastapi/bin/python", X_OK) == 0))
    func theFastAPIRelayRelaysStreamsAndLeavesNothingBehind() throws {
        let kind = FastAPIKind(
            python: "\(Self.peers)/fastapi/bin/python",
            application: "scripts/peers/fastapi_relay.py"
        )
        try Self.check(kind, workers: 1, processes: 1...1)
        // One process that supervises, two that serve, and Python's resource tracker.
        try Self.check(kind, workers: 2, processes: 3...4)
    }

    @Test(.enabled(if: isLong && access("\(peers)/litellm/bin/litellm", X_OK) == 0))
    func liteLLMRelaysStreamsAndLeavesNothingBehind() throws {
        let kind = LiteLLMKind(executable: "\(Self.peers)/litellm/bin/litellm")
        try Self.check(kind, workers: 1, processes: 1...1)
    }

    @Test func aPeerThatEndsAtOnceIsAnErrorWithItsWords() throws {
        let kind = HAProxyKind(executable: "/bin/cat")
        #expect {
            try kind.start(workers: 1, upstreamPort: 9)
        } throws: { error in
            guard case BenchError.daemonEnded(let code, let log) = error else { return false }
            return code == 1 && log.contains("cat: ")
        }
    }

    /// Starts a peer, asks for a stream whose length and speed the model's name says, and ends it.
    private static func check(
        _ kind: some ContestantKind,
        workers: Int,
        processes: ClosedRange<Int>
    ) throws {
        #expect(kind.version.contains("."), "\(kind.name) does not tell its version")
        let upstream = try SimulatorServer()
        defer { upstream.stop() }
        let peer = try kind.start(workers: workers, upstreamPort: upstream.port)
        let pids = peer.use.processes
        #expect(processes.contains(pids.count), "\(kind.name) has \(pids.count) processes")
        let target = peer.target(model: "peer?tokens=20&interval_ms=2&stamp=1")
        let connection = try PlainConnection(port: target.port)
        for _ in 0..<2 {
            try connection.send(target.request)
            #expect(try connection.readTokens(.stamped) == 20)
        }
        #expect(peer.use.processorTime > 0)
        #expect(try peer.use.residentBytes() > 1 << 20)
        peer.end()
        // Its children that it did not reap are reaped by another process, shortly after.
        #expect(waits { !pids.contains(where: isRunning) })
    }
}

/// Whether there is such a process that is not a zombie.
func isRunning(_ pid: pid_t) -> Bool {
    guard let text = TextFile.read("/proc/\(pid)/stat") else { return false }
    return !text.contains(") Z ")
}
