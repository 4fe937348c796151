import Glibc
import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

/// Does something on a loop once a test on another thread says so.
private final class Turnstile {
    private let go: Recorder<Void>
    private let reactor: Reactor
    private let action: () -> Void
    private var deadline: Deadline?

    init(_ go: Recorder<Void>, _ reactor: Reactor, _ action: @escaping () -> Void) {
        self.go = go
        self.reactor = reactor
        self.action = action
    }

    func check() {
        guard go.values.isEmpty else {
            deadline = nil
            return action()
        }
        // Keeps the turnstile until it opens.
        let deadline = reactor.makeDeadline { self.check() }
        deadline.set(at: reactor.now + .milliseconds(2))
        self.deadline = deadline
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DrainTests {
    /// Answers at once under `/quick`; elsewhere once the test says so.
    private func slowServer(_ go: Recorder<Void> = Recorder()) throws -> TestServer {
        try TestServer { exchange, reactor in
            let path = exchange.request.head.path
            guard path != "/quick" else { return exchange.respond(.ok, [:]) }
            if path == "/begun" { exchange.beginStream(.ok, [:]) }
            Turnstile(go, reactor) {
                guard path == "/begun" else {
                    return exchange.respond(.ok, [:], body: Array("done".utf8))
                }
                exchange.write { $0.append(contentsOf: "done".utf8) }
                exchange.finish()
            }.check()
        }
    }

    @Test func `idle connections close, running answers come to their end and say so`()
        async throws
    {
        let go = Recorder<Void>()
        let server = try slowServer(go)
        let idle = server.client()
        #expect(idle.get("/quick")?.status == 200)
        let waiting = server.client()
        waiting.send("GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n")
        let begun = server.client()
        begun.send("GET /begun HTTP/1.1\r\nHost: x\r\n\r\n")
        begun.receive()
        try await eventually { await server.connectionCount == 3 }
        try await Task.sleep(nanoseconds: 10_000_000)
        _ = await server.onLoop { $0.drain() }
        #expect(idle.readToEnd() == ("", .closed))
        go.record(())
        let answer = waiting.response()
        #expect(answer?.text == "done")
        #expect(answer?["Connection"] == "close")
        #expect(waiting.readToEnd() == ("", .closed))
        #expect(begun.response()?.text == "done")
        #expect(begun.readToEnd() == ("", .closed))
        waiting.close()
        begun.close()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    @Test func `a request under way when draining begins is answered`() async throws {
        let server = try slowServer()
        let client = server.client()
        client.send("GET /quick HTTP/1.1\r\nHo")
        try await eventually { await server.connectionCount == 1 }
        try await Task.sleep(nanoseconds: 10_000_000)
        _ = await server.onLoop { $0.drain() }
        client.send("st: x\r\n\r\n")
        #expect(client.response()?["Connection"] == "close")
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `the first request of a client that has just come is answered while draining`()
        async throws
    {
        var server = try slowServer()
        var client = server.client()
        var silent = server.client()
        while true {
            let begin = monotonicNow()
            // The drain finds both accepted, and nothing read of either.
            try await eventually { await server.connectionCount == 2 }
            _ = await server.onLoop { $0.drain() }
            if monotonicNow() - begin < .milliseconds(500) { break }
            // On a busy machine they are not new any more by then.
            await server.stop()
            server = try slowServer()
            client = server.client()
            silent = server.client()
        }
        client.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.response()?["Connection"] == "close")
        #expect(client.readToEnd() == ("", .closed))
        #expect(silent.readToEnd() == ("", .closed))
        client.close()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    @Test func `a request that has arrived but was not read when draining begins is answered`()
        async throws
    {
        let server = try slowServer()
        let client = server.client()
        _ = client.get("/quick")
        let isBusy = Recorder<Void>()
        let isSent = Recorder<Void>()
        async let drained: Void? = server.onLoop { server in
            isBusy.record(())
            while isSent.values.isEmpty { usleep(1000) }
            server.drain()
        }
        _ = try await isBusy.wait(count: 1)
        client.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n")
        isSent.record(())
        _ = await drained
        #expect(client.response()?["Connection"] == "close")
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `the rest of a refused body is not waited for when draining begins`() async throws {
        let server = try TestServer.echo(admit: { _ in
            .refuse(Problem(.notFound, type: "x", message: "x"))
        })
        let client = server.client()
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab")
        #expect(client.response()?.status == 404)
        _ = await server.onLoop { $0.drain() }
        #expect(client.readToEnd() == ("", .closed))
        client.close()
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    @Test func `all that is left is dropped in the end`() async throws {
        let asked = Recorder<Void>()
        let server = try TestServer { _, _ in asked.record(()) }
        let client = server.client()
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await asked.wait(count: 1)
        _ = await server.onLoop { $0.closeAll() }
        #expect(client.readToEnd().ending == .reset)
        #expect(await server.connectionCount == 0)
        #expect(server.events.values == ["lost / 0"])
        await server.stop()
    }
}
