import Dispatch
import Glibc
import Loop
import Relay
import TestSupport
import Testing

@testable import sse_relay

@Suite(.timeLimit(.minutes(1)))
struct HeartbeatTests {
    /// What systemd does with messages: it hears them.
    private final class Ear: Sendable {
        private let number: Int32
        let name: String

        init() throws {
            name = "sse-relay-heartbeat-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let number = try check("socket") { socket(AF_UNIX, type, 0) }
            self.number = number
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // The first byte stays 0: the name is abstract.
            withUnsafeMutableBytes(of: &address.sun_path) { path in
                for (place, byte) in name.utf8.enumerated() { path[place + 1] = byte }
            }
            let length = socklen_t(3 + name.utf8.count)
            _ = try check("bind") {
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(number, $0, length)
                    }
                }
            }
        }

        deinit { close(number) }

        /// All messages since the last call.
        func messages() -> [String] {
            var all: [String] = []
            var bytes = [UInt8](repeating: 0, count: 4096)
            while case let count = recv(number, &bytes, bytes.count, 0), count > 0 {
                all.append(String(decoding: bytes[..<count], as: UTF8.self))
            }
            return all
        }
    }

    private static func wait(_ signal: DispatchSemaphore) { signal.wait() }

    @Test func `no sign of life comes while one of the loops hangs`() async throws {
        let ear = try Ear()
        let loops = [try EventLoop(index: 0), try EventLoop(index: 1)]
        let notifier = SystemdNotifier(
            Environment(["NOTIFY_SOCKET": "@\(ear.name)", "WATCHDOG_USEC": "30000"])
        )
        let heartbeat = Task {
            await Heartbeat(notifier: notifier) {
                for loop in loops { await loop.run { _ in } }
                return Load()
            }.run()
        }
        defer { heartbeat.cancel() }
        try await eventually { ear.messages().contains("WATCHDOG=1") }
        let begun = DispatchSemaphore(value: 0)
        let end = DispatchSemaphore(value: 0)
        loops[1].post { _ in
            begun.signal()
            end.wait()
        }
        let hangs = Task.detached { Self.wait(begun) }
        await hangs.value
        _ = ear.messages()
        try await Task.sleep(nanoseconds: 500_000_000)
        // One look may have been past this loop; fifty more would have come.
        #expect(ear.messages().count { $0 == "WATCHDOG=1" } <= 1)
        end.signal()
        try await eventually { ear.messages().contains("WATCHDOG=1") }
        for loop in loops { await loop.stop() }
    }

    @Test(
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "3000000"], 3_000_000),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"], 3_000_000),
        ] as [([String: String], Int?)]
    )
    func `signs of life are for who is asked for them`(variables: [String: String], wanted: Int?) {
        #expect(SystemdNotifier(Environment(variables)).watchdogMicroseconds == wanted)
    }

    @Test func `the status has counts and a rate`() {
        let load = Load(generations: 3, connections: 12, tokens: 1000)
        #expect(
            Heartbeat.status(load, tokens: 45, in: .milliseconds(500))
                == "3 answers running, 12 connections open, 90 tokens/s"
        )
        #expect(Heartbeat.status(load, tokens: -1, in: 0).hasSuffix(", 0 tokens/s"))
    }
}
