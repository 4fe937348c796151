import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

/// What the bodies of all connections hold together, over real sockets.
@Suite(.timeLimit(.minutes(2)))
struct BodyMemoryTests {
    private static let size = 90_000
    private static let budgetBytes = 200_000

    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.request.maxBodyBytes = 100_000
        return limits
    }

    private static func head(_ path: String, _ fields: String...) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    private static func filler(_ count: Int) -> [UInt8] { [UInt8](repeating: 120, count: count) }

    /// A client that has sent all of a body but its last byte, which the server holds.
    private func unfinished(_ server: TestServer, _ budget: BodyBudget) async throws -> Client {
        let before = budget.claimedBytes
        let client = server.client()
        client.send(Self.head("/", "Content-Length: \(Self.size)"))
        client.send(Self.filler(Self.size - 1))
        try await eventually { budget.claimedBytes >= before + Self.size - 1 }
        return client
    }

    // MARK: Beyond the bound

    @Test(arguments: [
        (head("/", "Content-Length: 90000"), 0),
        (head("/", "Content-Length: 90000", "Expect: 100-continue"), 0),
        (head("/", "Content-Length: 60000"), 50_000),
        (head("/", "Transfer-Encoding: chunked") + "ffff\r\n", 50_000),
    ])
    func `two bodies fit, the third is refused, and there is room again after the first`(
        head: String,
        sentBytes: Int
    ) async throws {
        let budget = BodyBudget(maxBytes: Self.budgetBytes)
        let server = try TestServer.echo(limits: Self.limits, bodyBudget: budget)
        let first = try await unfinished(server, budget)
        let second = try await unfinished(server, budget)
        let third = server.client()
        third.send(Array(head.utf8) + Self.filler(sentBytes))
        let refusal = third.response()
        #expect(refusal?.status == 503)
        #expect(refusal?["Retry-After"] == "5")
        #expect(refusal?["Connection"] == "close")
        #expect(refusal?.text.hasPrefix("{\"error\":{\"type\":\"overloaded_error\"") == true)
        #expect(refusal?.text.contains("\"code\":\"body_memory\"") == true)
        #expect(third.readToEnd() == ("", .closed))
        try await eventually { budget.claimedBytes <= 2 * Self.size }
        // One that comes in one read holds nothing up.
        let small = server.client().ask(Self.head("/a", "Content-Length: 5") + "hello")
        #expect(small?.text == "POST /a\nhello")

        first.send("x")
        #expect(first.response()?.status == 200)
        try await eventually { budget.claimedBytes <= Self.size }
        let fourth = server.client()
        fourth.send(Self.head("/", "Content-Length: \(Self.size)"))
        fourth.send(Self.filler(Self.size))
        let answer = fourth.response()
        #expect(answer?.status == 200)
        #expect(answer?.content.count == "POST /\n".utf8.count + Self.size)
        second.close()
        try await eventually { budget.claimedBytes == 0 }
        await server.stop()
    }

    // MARK: Given back

    enum End: CaseIterable { case answered, left, reset, tooSlow, malformed, stopped }

    @Test(arguments: End.allCases)
    func `the memory of a body is given back however its request ends`(end: End) async throws {
        var limits = Self.limits
        // The refused ones give it back before their connections are gone.
        limits.lingerSeconds = 600
        let budget = BodyBudget(maxBytes: Self.budgetBytes)
        let clock = ManualClock()
        let server = try TestServer.echo(limits: limits, bodyBudget: budget, clock: clock)
        let client = server.client()
        client.send(Self.head("/", "Transfer-Encoding: chunked") + "15f90\r\n")
        client.send(Self.filler(Self.size))
        try await eventually { budget.claimedBytes >= Self.size }
        switch end {
        case .answered:
            client.send("\r\n0\r\n\r\n")
            #expect(client.response()?.status == 200)
        case .left: client.close()
        case .reset: client.reset()
        case .tooSlow:
            try await clock.pass(.seconds(limits.bodySeconds)) { #expect(client.isSilent) }
            #expect(client.response()?.status == 408)
        case .malformed:
            client.send("no chunk ends so")
            #expect(client.response()?.status == 400)
        case .stopped: await server.stop()
        }
        try await eventually { budget.claimedBytes == 0 }
        if end != .stopped { await server.stop() }
    }

    @Test func `a whole body counts until its request is understood or its client is gone`()
        async throws
    {
        let budget = BodyBudget(maxBytes: Self.budgetBytes)
        let arrived = Recorder<String>()
        let server = try TestServer(limits: Self.limits, bodyBudget: budget) { exchange, _ in
            if exchange.request.head.path == "/understood" { exchange.forgetInput() }
            arrived.record(exchange.request.head.path)
        }
        let clients = [server.client(), server.client()]
        for (client, path) in zip(clients, ["/kept", "/understood"]) {
            client.send(Self.head(path, "Content-Length: \(Self.size)"))
            client.send(Self.filler(Self.size))
        }
        _ = try await arrived.wait(count: 2)
        try await eventually { budget.claimedBytes == Self.size }
        clients[0].close()
        try await eventually { budget.claimedBytes == 0 }
        #expect(await server.connectionCount == 1)
        await server.stop()
    }

    @Test func `a body that moves to another loop is counted once and given back there`()
        async throws
    {
        let budget = BodyBudget(maxBytes: Self.budgetBytes)
        let arrived = Recorder<Int>()
        let second = try TestServer(limits: Self.limits, bodyBudget: budget) { exchange, _ in
            if exchange.request.head.path == "/answered" { exchange.respond(.ok, [:]) }
            arrived.record(exchange.request.body.count)
        }
        let first = try TestServer(limits: Self.limits, bodyBudget: budget) { exchange, _ in
            guard let detached = exchange.detach() else { return }
            second.loop.post { loop in
                for case let server as Server in loop.reactor.tenants { server.adopt(detached) }
            }
        }
        let held = first.client()
        held.send(Self.head("/held", "Content-Length: \(Self.size)"))
        held.send(Self.filler(Self.size))
        #expect(try await arrived.wait(count: 1) == [Self.size])
        try await eventually { await first.connectionCount == 0 }
        #expect(budget.claimedBytes == Self.size)
        let answered = first.client()
        answered.send(Self.head("/answered", "Content-Length: \(Self.size)"))
        answered.send(Self.filler(Self.size))
        #expect(answered.response()?.status == 200)
        try await eventually { budget.claimedBytes == Self.size }
        held.close()
        try await eventually { budget.claimedBytes == 0 }
        await first.stop()
        await second.stop()
    }
}
