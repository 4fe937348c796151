import Glibc
import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

/// Says when the client has left.
private final class Watcher: ExchangeDelegate {
    private let lost: Recorder<String>

    init(_ lost: Recorder<String>) {
        self.lost = lost
    }

    func exchangeIsWritable(_ exchange: Exchange) {}

    func exchangeLost(_ exchange: Exchange) {
        lost.record(exchange.request.head.path)
        // A producer that has not heard yet may go on writing; nothing comes of it.
        exchange.write { $0.append(1) }
        exchange.finish()
    }
}

@Suite(.timeLimit(.minutes(2)))
struct StreamTests {
    @Test func `a stream is chunked, one chunk for each turn that wrote`() async throws {
        let server = try TestServer { exchange, reactor in
            exchange.beginStream(.ok, ["Content-Type": "text/event-stream"])
            exchange.write { $0.append(contentsOf: "one".utf8) }
            exchange.write { _ in }
            exchange.write { $0.append(contentsOf: "two".utf8) }
            let deadline = reactor.makeDeadline {
                exchange.write { $0.append(contentsOf: "three".utf8) }
                exchange.finish()
            }
            deadline.set(at: reactor.now + .milliseconds(10))
        }
        let client = server.client()
        let head = client.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", hasContent: false)
        #expect(head?["Transfer-Encoding"] == "chunked")
        #expect(head?["Content-Length"] == nil)
        while client.input.count < 26, client.receive() {}
        let raw = String(decoding: client.input, as: UTF8.self)
        #expect(raw == "6\r\nonetwo\r\n5\r\nthree\r\n0\r\n\r\n")
        await server.stop()
    }

    @Test func `of a long body no more is written than the client takes`() async throws {
        let body = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 >> 8) }
        let unsent = Guarded(0)
        let server = try TestServer { exchange, _ in
            exchange.respond(.ok, ["Content-Type": "text/plain"], body: body)
            let bytes = exchange.unsentBytes
            unsent.withLock { $0 = bytes }
        }
        let client = server.client()
        for method in ["GET", "HEAD", "GET"] {
            let response = client.ask(
                "\(method) / HTTP/1.1\r\nHost: x\r\n\r\n",
                hasContent: method == "GET"
            )
            #expect(response?["Content-Length"] == "8000000")
            #expect(response?.content == (method == "GET" ? body : []))
            #expect(unsent.withLock { $0 } < 1_000_000)
        }
        await server.stop()
    }

    @Test func `a stream to HTTP/1.0 ends with the connection`() async throws {
        let server = try TestServer { exchange, _ in
            exchange.beginStream(.ok, [:])
            exchange.write { $0.append(contentsOf: "all".utf8) }
            exchange.finish()
        }
        let client = server.client()
        let response = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(response?["Transfer-Encoding"] == nil)
        #expect(response?["Connection"] == "close")
        #expect(response?.text == "all")
        #expect(client.ending == .closed)
        await server.stop()
    }

    @Test func `an answer shorter or longer than announced never looks whole`() async throws {
        let server = try TestServer { exchange, _ in
            exchange.begin(.ok, [:], length: 5)
            let content = exchange.request.head.path == "/short" ? "1234" : "123456"
            exchange.write { $0.append(contentsOf: content.utf8) }
            exchange.finish()
        }
        for path in ["/short", "/long"] {
            let client = server.client()
            #expect(client.get(path) == nil)
            #expect(client.ending == .reset)
        }
        await server.stop()
    }

    @Test func `a producer stops at the high-water mark and goes on when the client reads`()
        async throws
    {
        let totalBytes = 32 * 1024 * 1024
        let producer = Producer(totalBytes: totalBytes)
        let server = try TestServer { exchange, _ in producer.start(on: exchange) }
        let client = server.client(receiveBufferBytes: 64 * 1024)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let stopped = try await producer.settle()
        #expect(stopped < totalBytes / 2)
        let content = client.response()?.content ?? []
        #expect(content.count == totalBytes)
        let isInOrder = stride(from: 0, to: content.count, by: Producer.pieceBytes).allSatisfy {
            content[$0] == UInt8(truncatingIfNeeded: $0 / Producer.pieceBytes)
        }
        #expect(isInOrder)
        await server.stop()
    }

    @Test func `a fast reader of a long answer does not hold up others`() async throws {
        let producer = Producer(totalBytes: .max)
        let server = try TestServer { exchange, _ in
            guard exchange.request.head.path == "/flood" else {
                return exchange.respond(.ok, [:], body: Array("other".utf8))
            }
            producer.start(on: exchange)
        }
        let port = server.port
        let isOver = Guarded(false)
        let reader = Task.detached {
            let client = Client(port: port)
            client.send("GET /flood HTTP/1.0\r\n\r\n")
            var buffer = 0
            while !isOver.withLock({ $0 }), let count = client.drop() { buffer += count }
            return buffer
        }
        try await eventually { producer.count > 8 * 1024 * 1024 }
        let other = server.client()
        for _ in 0..<20 { #expect(other.get("/")?.text == "other") }
        isOver.withLock { $0 = true }
        #expect(await reader.value > 0)
        await server.stop()
    }

    @Test func `a reader that takes nothing is dropped, and what it got does not look whole`()
        async throws
    {
        var limits = ServerLimits()
        limits.stalledSeconds = 1
        let clock = ManualClock()
        let producer = Producer(totalBytes: .max)
        let server = try TestServer(limits: limits, clock: clock) { exchange, _ in
            producer.start(on: exchange)
        }
        let client = server.client(receiveBufferBytes: 4096)
        client.send("GET / HTTP/1.0\r\n\r\n")
        _ = try await producer.settle()
        try await clock.pass(.seconds(1)) { #expect(!producer.isLost) }
        #expect(producer.isLost)
        #expect(await server.connectionCount == 0)
        #expect(client.readToEnd().ending == .reset)
        await server.stop()
    }

    @Test(arguments: ["/silent", "/streaming"], [false, true])
    func `a client that leaves is told to the producer at once, also before the first byte`(
        path: String,
        isReset: Bool
    ) async throws {
        let asked = Recorder<Void>()
        let lost = Recorder<String>()
        let server = try TestServer { exchange, _ in
            exchange.delegate = Watcher(lost)
            asked.record(())
            guard exchange.request.head.path == "/streaming" else { return }
            exchange.beginStream(.ok, [:])
            exchange.write { $0.append(contentsOf: "token".utf8) }
        }
        let client = server.client()
        client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
        // A reset takes with it what the server has not read yet.
        _ = try await asked.wait(count: 1)
        if path == "/streaming" { client.receive() }
        if isReset { client.reset() } else { client.close() }
        #expect(try await lost.wait(count: 1) == [path])
        try await eventually { await server.connectionCount == 0 }
        #expect(server.events.values.count == 1)
        #expect(server.events.values[0].hasPrefix("lost \(path)"))
        await server.stop()
    }

    @Test func `a client that leaves behind much unread input is noticed as well`() async throws {
        var limits = ServerLimits()
        limits.maxPipelinedBytes = 1024
        let lost = Recorder<String>()
        let server = try TestServer(limits: limits) { exchange, _ in
            exchange.delegate = Watcher(lost)
        }
        let client = server.client()
        client.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
        // No more than the kernel takes unread: what lies behind that, as the end, nobody can see.
        client.send([UInt8](repeating: 0x78, count: 40_000))
        client.close()
        #expect(try await lost.wait(count: 1) == ["/first"])
        await server.stop()
    }

    @Test func `an abort sends a reset`() async throws {
        let lost = Recorder<String>()
        let server = try TestServer { exchange, reactor in
            exchange.delegate = Watcher(lost)
            exchange.beginStream(.ok, [:])
            exchange.write { $0.append(contentsOf: "token".utf8) }
            let deadline = reactor.makeDeadline { exchange.abort() }
            deadline.set(at: reactor.now + .milliseconds(5))
        }
        let client = server.client()
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.readToEnd().ending == .reset)
        try await eventually { await server.connectionCount == 0 }
        await server.stop()
    }

    @Test func `a cut-off stream ends in the middle`() async throws {
        let server = try TestServer { exchange, _ in
            exchange.beginStream(.ok, [:])
            exchange.write { $0.append(contentsOf: "token".utf8) }
            exchange.cutOff()
        }
        let client = server.client()
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let (text, ending) = client.readToEnd()
        #expect(text.hasSuffix("\r\n\r\n5\r\ntoken\r\n"))
        #expect(ending == .closed)
        await server.stop()
    }

    @Test func `a stream that is cut off never looks whole, not even to an old client`()
        async throws
    {
        let server = try TestServer { exchange, _ in
            exchange.beginStream(.ok, [:])
            exchange.write { $0.append(contentsOf: "token".utf8) }
            exchange.cutOff()
        }
        let client = server.client()
        client.send("GET / HTTP/1.0\r\n\r\n")
        let (text, ending) = client.readToEnd()
        #expect(text.hasSuffix("\r\n\r\ntoken"))
        #expect(ending == .reset)
        await server.stop()
    }

    @Test func `a half-closed client still gets an answer whose end is in sight`() async throws {
        let length = 32 * 1024 * 1024
        let server = try TestServer { exchange, _ in
            exchange.respond(.ok, [:], body: [UInt8](repeating: 7, count: length))
        }
        let client = server.client(receiveBufferBytes: 64 * 1024)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutDownWriting()
        try await Task.sleep(nanoseconds: 50_000_000)
        #expect(client.response()?.content.count == length)
        #expect(client.readToEnd() == ("", .closed))
        await server.stop()
    }
}
