import Loop
import TestSupport
import Testing
import Wire

@testable import HTTPServer

/// How many connections there may be, and how long one may be used.
@Suite(.timeLimit(.minutes(2)))
struct ConnectionLimitTests {
    private static func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }

    private static func four(_ text: String) -> PeerAddress { PeerAddress(text) ?? .unknown }

    private static func six(_ text: String) -> PeerAddress { PeerAddress(text) ?? .unknown }

    // MARK: How many

    @Test func `a connection too many gets 503, until another one leaves`() async throws {
        let server = try TestServer.echo(limits: Self.limits { $0.maxConnections = 2 })
        let first = server.client()
        #expect(first.get("/first")?.status == 200)
        let second = server.client()
        #expect(second.get("/second")?.status == 200)
        let third = server.client()
        let refusal = third.response()
        #expect(refusal?.status == 503)
        #expect(refusal?.text.contains("2 connections") == true)
        #expect(refusal?.text.contains(#""code":"connections""#) == true)
        #expect(refusal?["Retry-After"] == "5" && refusal?["Connection"] == "close")
        #expect(third.readToEnd() == ("", .closed))
        #expect(server.events.values.contains("refused 503 from 127.0.0.1"))
        // Those that have a place are served on.
        #expect(first.get("/again")?.status == 200)
        first.close()
        try await eventually { await server.connectionCount == 1 }
        #expect(server.client().get("/fourth")?.status == 200)
        await server.stop()
    }

    @Test func `a refused client reads its answer though it has sent a request`() async throws {
        let limits = Self.limits {
            $0.maxConnections = 1
            $0.crowdedIdleSeconds = 60
        }
        let server = try TestServer.echo(limits: limits)
        let first = server.client()
        #expect(first.get("/")?.status == 200)
        for _ in 0..<20 {
            let client = server.client()
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
            client.send([UInt8](repeating: 0x78, count: 50_000))
            #expect(client.response()?.status == 503)
            #expect(client.readToEnd() == ("", .closed))
        }
        #expect(await server.connectionCount == 1)
        await server.stop()
    }

    @Test func `of a flood of connections only some are told, and none stays`() async throws {
        let limits = Self.limits {
            $0.maxConnections = 1
            $0.crowdedIdleSeconds = 60
        }
        let server = try TestServer.echo(limits: limits)
        let first = server.client()
        #expect(first.get("/")?.status == 200)
        let before = openDescriptorCount()
        var flood = (0..<200).map { _ in server.client() }
        var told = 0
        for client in flood { if client.response()?.status == 503 { told += 1 } }
        #expect((1...200).contains(told))
        // Both ends are in this process: those that were not told hold the client's alone.
        #expect(openDescriptorCount() <= before + 200 + Server.maxRefusedCount)
        flood = []
        // To sleep takes a descriptor at the first time.
        try await eventually { openDescriptorCount() <= before + 4 }
        #expect(first.get("/")?.status == 200)
        await server.stop()
    }

    @Test func `an address may have so many connections, and another one has its own`() throws {
        let book = ConnectionBook()
        let limits = Self.limits { $0.maxConnectionsPerAddress = 2 }
        let one = Self.four("192.0.2.1")
        var places = [try book.enter(one, limits), try book.enter(one, limits)]
        #expect(throws: ConnectionBook.Refusal.fullForAddress(limit: 2)) {
            try book.enter(one, limits)
        }
        #expect(book.connectionCount == 2)
        places.append(try book.enter(Self.four("192.0.2.2"), limits))
        places.removeFirst()
        #expect(book.connectionCount == 2)
        places.append(try book.enter(one, limits))
        #expect(Problem(.fullForAddress(limit: 2)).status.code == 429)
        places = []
        #expect(book.connectionCount == 0)
    }

    @Test func `a trusted proxy's connections are not counted by its address`() throws {
        let book = ConnectionBook()
        var limits = Self.limits { $0.maxConnectionsPerAddress = 1 }
        limits.proxies.networks = [try AddressNetwork("192.0.2.1")]
        let places = try (0..<3).map { _ in try book.enter(Self.four("192.0.2.1"), limits) }
        let other = try book.enter(Self.four("192.0.2.2"), limits)
        #expect(throws: ConnectionBook.Refusal.fullForAddress(limit: 1)) {
            try book.enter(Self.four("192.0.2.2"), limits)
        }
        #expect(book.connectionCount == 4)
        _ = consume places
        _ = consume other
        #expect(book.connectionCount == 0)
    }

    @Test func `an address of IPv6 is counted by its network`() throws {
        let book = ConnectionBook()
        let limits = Self.limits { $0.maxConnectionsPerAddress = 1 }
        let place = try book.enter(Self.six("2001:db8:1:2::1"), limits)
        #expect(throws: ConnectionBook.Refusal.fullForAddress(limit: 1)) {
            try book.enter(Self.six("2001:db8:1:2:ffff::2"), limits)
        }
        let other = try book.enter(Self.six("2001:db8:1:3::1"), limits)
        let mapped = try book.enter(Self.six("::ffff:192.0.2.1"), limits)
        #expect(throws: ConnectionBook.Refusal.fullForAddress(limit: 1)) {
            try book.enter(Self.four("192.0.2.1"), limits)
        }
        withExtendedLifetime([place, other, mapped]) {}
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9"], ["::1", "::ffff:127.0.0.1"])
    func `this machine's own addresses are counted in all, and not each`(
        four: String,
        six: String
    ) throws {
        let book = ConnectionBook()
        let limits = Self.limits {
            $0.maxConnectionsPerAddress = 1
            $0.maxConnections = 4
        }
        var places: [ConnectionPlace] = []
        for peer in [Self.four(four), Self.four(four), Self.six(six), Self.six(six)] {
            places.append(try book.enter(peer, limits))
        }
        #expect(throws: ConnectionBook.Refusal.full(limit: 4)) {
            try book.enter(Self.four(four), limits)
        }
        #expect(places.count == 4)
    }

    @Test func `a limit is exact, however many loops accept at once`() async throws {
        let book = ConnectionBook()
        let limits = Self.limits {
            $0.maxConnections = 100
            $0.maxConnectionsPerAddress = 60
        }
        let peers = [Self.four("192.0.2.1"), Self.four("192.0.2.2")]
        let places = await withTaskGroup(of: [ConnectionPlace].self) { group in
            for peer in peers + peers {
                group.addTask {
                    (0..<1000).compactMap { _ in try? book.enter(peer, limits) }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(places.count == 100 && book.connectionCount == 100)
        _ = consume places
        // A task may hold what it returned for a moment longer than who waited for it.
        try await eventually { book.connectionCount == 0 }
    }

    // MARK: How long

    @Test func `the last request that a connection may carry closes it`() async throws {
        let server = try TestServer.echo(limits: Self.limits { $0.maxRequests = 3 })
        let client = server.client()
        client.send(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 5))
        for _ in 0..<2 { #expect(client.response()?["Connection"] == nil) }
        #expect(client.response()?["Connection"] == "close")
        #expect(client.readToEnd().text == "")
        await server.stop()
    }

    @Test func `a connection's first answer after its time closes it`() async throws {
        let clock = ManualClock()
        let server = try TestServer.echo(
            limits: Self.limits { $0.connectionSeconds = 100 },
            clock: clock
        )
        let client = server.client()
        try await server.settle(clock)
        #expect(client.get("/")?["Connection"] == nil)
        await clock.advance(by: .seconds(100) - 1)
        #expect(client.get("/")?["Connection"] == nil)
        await clock.advance(by: 1)
        #expect(client.get("/")?["Connection"] == "close")
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }

    @Test func `where most places are taken, an idle connection is closed soon`() async throws {
        let clock = ManualClock()
        let limits = Self.limits {
            $0.maxConnections = 4
            $0.crowdedIdleSeconds = 5
        }
        let server = try TestServer.echo(limits: limits, clock: clock)
        let clients = (0..<4).map { _ in server.client() }
        try await server.settle(connections: 4, clock)
        for client in clients { #expect(client.get("/")?.status == 200) }
        await clock.settle()
        try await clock.pass(.seconds(5)) { #expect(await server.connectionCount == 4) }
        for client in clients { #expect(client.readToEnd() == ("", .closed)) }
        await server.stop()
    }
}
