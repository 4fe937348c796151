import Glibc
import Loop
import TestSupport
import Testing

@testable import Upstream

/// What becomes of a request that goes out on a kept connection whose peer is gone.
@Suite struct KeptConnectionTests {
    /// The limit in these tests: long enough for a live peer on this machine.
    private static let limit = 1000

    @Test(.timeLimit(.minutes(2)))
    func `a request that a kept connection's peer does not acknowledge is made on a fresh one`()
        async throws
    {
        try await withKept(serving: { answer("number \($0)") }) { loop, server in
            #expect(server.vanish() == 1)
            let heard = try await ask(loop, server, body: "the whole question")
            #expect(heard.waitForEnd())
            #expect(heard.text == "number 2")
            #expect(heard.now.error == nil)
            #expect(server.accepted == 2)
            #expect(server.lastRequest.hasSuffix("the whole question"))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a body that was sent in part goes out again from its beginning`() async throws {
        try await withKept(serving: { answer("number \($0)") }) { loop, server in
            #expect(server.vanish() == 1)
            // More than the kernel takes at once.
            let body = String(repeating: "0123456789", count: 600_000)
            let heard = try await ask(loop, server, body: body)
            #expect(heard.waitForEnd())
            #expect(heard.now.error == nil)
            #expect(heard.text == "number 2")
            let hasBody = server.lastRequest.utf8.count > body.utf8.count
            #expect(hasBody)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `however many kept connections are dead, a request waits for one of them`() async throws {
        let many = 4
        // They are asked all at once, so that each needs a connection.
        try await withKept(many, serving: { "|||" + answer("number \($0)") }) { loop, server in
            #expect(server.vanish() == many)
            let heard = try await ask(loop, server)
            #expect(heard.waitForEnd() && heard.now.error == nil)
            // One of the dead was given up, and a fresh one took its place.
            #expect(server.accepted == many + 1)
            #expect(Self.limits(to: server).count == many)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a peer that acknowledges and says nothing is waited for`() async throws {
        // A pause takes 20 ms.
        let pauses = String(repeating: "|", count: 3 * Self.limit / 20)
        try await withKept(serving: { $0 == 2 ? pauses + answer("late") : answer("at once") }) {
            loop,
            server in
            let heard = try await ask(loop, server)
            #expect(waits { Self.limits(to: server) == [Self.limit] })
            #expect(heard.waitForEnd())
            #expect(heard.text == "late")
            #expect(server.accepted == 1 && server.requests == 2)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an answer that has begun is not cut by the limit, nor the next one on its connection`()
        async throws
    {
        let pauses = String(repeating: "|", count: 10)
        let slow = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n|ab" + pauses + "cd"
        try await withKept(serving: { $0 == 1 ? answer("x") : slow }) { loop, server in
            for _ in 0..<2 {
                let heard = try await ask(loop, server)
                #expect(waits { heard.text.hasPrefix("ab") })
                #expect(Self.limits(to: server) == [0])
                #expect(heard.waitForEnd() && heard.text == "abcd")
            }
            #expect(server.accepted == 1)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a connection that a transfer was cancelled on leaves no limit behind`() async throws {
        try await withKept(serving: { $0 == 1 ? answer("x") : "||||" + answer("y") }) {
            loop,
            server in
            _ = try await ask(loop, server)
            #expect(waits { Self.limits(to: server) == [Self.limit] })
            await loop.run { Bench.of($0)?.transfers.last?.cancel() }
            #expect(waits { Self.limits(to: server).allSatisfy { $0 == 0 } })
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a fresh connection has no limit`() async throws {
        let pauses = String(repeating: "|", count: 20)
        try await withBench(serving: { _ in pauses + answer("x") }) { loop, server in
            let heard = try await ask(loop, server)
            #expect(waits { server.requests == 1 })
            #expect(Self.limits(to: server) == [0])
            #expect(heard.waitForEnd() && heard.text == "x")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a kept connection that closes before the answer is replaced once, a fresh one never`()
        async throws
    {
        let isClosing = Guarded(false)
        try await withKept(serving: { number in
            isClosing.withLock { $0 } ? nil : answer("number \(number)")
        }) { loop, server in
            isClosing.withLock { $0 = true }
            let refused = try await ask(loop, server)
            #expect(refused.waitForEnd())
            guard case .broken? = refused.now.error else {
                Issue.record("\(String(describing: refused.now.error))")
                return
            }
            // The kept one and the fresh one.
            #expect(server.requests == 3 && server.accepted == 2)
        }
    }

    // MARK: Asking

    /// Runs a test with a client that has kept this many connections.
    private func withKept(
        _ count: Int = 1,
        serving script: @escaping TinyServer.Script,
        _ body: (EventLoop, TinyServer) async throws -> Void
    ) async throws {
        var settings = UpstreamSettings()
        settings.acknowledgeMilliseconds = Self.limit
        try await withBench(settings, serving: script) { loop, server in
            let all = (0..<count).map { _ in Heard() }
            let url = server.url
            await loop.run { loop in for heard in all { Bench.of(loop)?.start(url, heard) } }
            for heard in all { #expect(heard.waitForEnd() && heard.now.error == nil) }
            #expect(server.accepted == count)
            try await body(loop, server)
        }
    }

    private func ask(
        _ loop: EventLoop,
        _ server: TinyServer,
        body: String = "{}"
    ) async throws -> Heard {
        let heard = Heard()
        let url = server.url
        await loop.run { _ = Bench.of($0)?.start(url, heard, body: body) }
        return heard
    }

    /// The limits of this process's connections to the server, in milliseconds.
    private static func limits(to server: TinyServer) -> [Int] {
        (3..<1024).compactMap { descriptor -> Int? in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isConnected = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getpeername(Int32(descriptor), $0, &size) == 0
                }
            }
            guard isConnected, address.sin_family == sa_family_t(AF_INET),
                Int(UInt16(bigEndian: address.sin_port)) == server.port
            else { return nil }
            var limit: UInt32 = 0
            size = socklen_t(MemoryLayout<UInt32>.size)
            getsockopt(Int32(descriptor), Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, &size)
            return Int(limit)
        }
    }
}
