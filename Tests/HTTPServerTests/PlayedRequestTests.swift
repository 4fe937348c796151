import Loop
import Testing
import Wire

@testable import HTTPServer

/// Requests without a connection, whose clients are played.
@Suite struct PlayedRequestTests {
    private static let no = Problem(.forbidden, type: "permission_error", message: "no")

    @Test func aRequestIsAdmittedHandledAndFinishedOnce() throws {
        try withStage { stage in
            let client = stage.ask("POST /a", "Content-Length: 5", body: "hello")
            #expect(client.text == "/a hello")
            #expect(client.status == .ok && client.endedWhole == true)
            #expect(stage.handler.told == ["admit /a", "handle /a"])
            stage.step()
            stage.step()
            #expect(stage.handler.told == ["admit /a", "handle /a", "finished /a"])
            #expect(stage.server.connectionCount == 0)
        }
    }

    @Test func aRefusedRequestIsNotHandled() throws {
        try withStage { stage in
            stage.handler.admission = { _ in .refuse(Self.no) }
            let client = stage.ask("GET /a")
            #expect(client.status == .forbidden)
            stage.step()
            #expect(stage.handler.told == ["admit /a", "finished /a"])
        }
    }

    @Test func aBodyHasTheLimitsThatItHasOnAConnection() throws {
        try withStage { stage in
            stage.handler.admission = { _ in .read(upTo: 4) }
            #expect(stage.ask("POST /a", "Content-Length: 4", body: "1234").status == .ok)
            let announced = stage.ask("POST /a", "Content-Length: 5", body: "12345")
            #expect(announced.status == .contentTooLarge)
            let chunks = stage.ask(
                "POST /a",
                "Transfer-Encoding: chunked",
                body: "5\r\n12345\r\n0\r\n\r\n"
            )
            #expect(chunks.status == .contentTooLarge)
            let part = stage.ask("POST /a", "Content-Length: 4", body: "1")
            #expect(part.status == .requestTimeout)
        }
    }

    @Test func aChunkedBodyIsReadAsOne() throws {
        try withStage { stage in
            let client = stage.ask(
                "POST /a",
                "Transfer-Encoding: chunked",
                body: "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
            )
            #expect(client.text == "/a hello")
        }
    }

    @Test(arguments: [true, false])
    func aRequestThatWaitsIsDecidedLater(isRead: Bool) throws {
        try withStage { stage in
            stage.handler.admission = { _ in .wait }
            let client = stage.ask("POST /a", "Content-Length: 5", body: "hello")
            stage.step()
            #expect(client.status == nil)
            client.exchange?.decide(isRead ? .read() : .refuse(Self.no))
            client.exchange?.decide(.refuse(Self.no))
            #expect(client.status == (isRead ? .ok : .forbidden))
            stage.step()
            #expect(stage.handler.told.last == "finished /a")
            #expect(stage.handler.told.count == (isRead ? 3 : 2))
        }
    }

    @Test func aClientThatLeavesWhileItWaitsIsFinished() throws {
        try withStage { stage in
            stage.handler.admission = { _ in .wait }
            let client = stage.ask("GET /a")
            client.exchange?.standInLeft()
            client.exchange?.decide(.read())
            stage.step()
            #expect(stage.handler.told == ["admit /a", "finished /a"])
            #expect(client.status == nil)
        }
    }

    @Test func aSlowClientFinishesOnceItHasTakenAll() throws {
        try withStage { stage in
            let client = stage.ask("GET /a", takesAtOnce: false)
            stage.step()
            #expect(stage.handler.told == ["admit /a", "handle /a"])
            client.unsentBytes = 0
            client.exchange?.standInDrained()
            stage.step()
            #expect(stage.handler.told.last == "finished /a")
        }
    }

    @Test func anAnswerThatIsCutOffOrDroppedIsFinishedOnce() throws {
        try withStage { stage in
            for isCut in [true, false] {
                stage.handler.told = []
                stage.handler.answer = { exchange in
                    exchange.beginStream(.ok, [:])
                    if isCut { exchange.cutOff() } else { exchange.abort() }
                }
                let client = stage.ask("GET /a")
                #expect(client.endedWhole == false)
                stage.step()
                client.exchange?.standInLeft()
                #expect(stage.handler.told == ["admit /a", "handle /a", "finished /a"])
            }
        }
    }

    @Test func whatIsLeftIsDroppedInOrder() throws {
        try withStage { stage in
            stage.handler.answer = { $0.beginStream(.ok, [:]) }
            let clients = (0..<9).map { stage.ask("GET /\($0)") }
            #expect(stage.server.connectionCount == 9)
            stage.handler.told = []
            stage.server.closeAll()
            #expect(stage.handler.told == (0..<9).map { "finished /\($0)" })
            for client in clients { #expect(client.endedWhole == false) }
        }
    }

    @Test func aRequestMovesToAnotherServer() throws {
        try withStage { stage in
            let other = stage.another()
            other.handler.answer = { exchange in
                exchange.respond(.ok, [:], body: Array("other".utf8) + exchange.request.body)
            }
            stage.handler.answer = { exchange in
                guard let detached = exchange.detach() else { return }
                #expect(exchange.detach() == nil)
                exchange.respond(.ok, [:])
                other.server.adopt(detached)
            }
            let client = stage.ask("POST /a", "Content-Length: 1", body: "!")
            #expect(client.text == "other!")
            #expect(client.moves == 1)
            stage.step()
            #expect(stage.handler.told == ["admit /a", "handle /a"])
            #expect(other.handler.told == ["handle /a", "finished /a"])
            #expect(stage.server.connectionCount == 0 && other.server.connectionCount == 0)
        }
    }

    @Test func aClientThatLeftOnTheWayIsNotAnswered() throws {
        try withStage { stage in
            let other = stage.another()
            var moving: DetachedExchange?
            stage.handler.answer = { moving = $0.detach() }
            let client = stage.ask("GET /a")
            client.exchange?.standInLeft()
            client.hasLeft = true
            other.server.adopt(try #require(moving))
            stage.step()
            #expect(stage.handler.told == ["admit /a", "handle /a"])
            #expect(other.handler.told == ["finished /a"])
        }
    }
}

/// Notes what it is asked, and does as the test says.
private final class NotingHandler: RequestHandler {
    var told: [String] = []
    var admission: (Exchange) -> Admission = { _ in .read() }
    var answer: (Exchange) -> Void = { exchange in
        let head = exchange.request.head
        let text = "\(head.path) "
        exchange.respond(.ok, [:], body: Array(text.utf8) + exchange.request.body)
    }

    func admit(_ exchange: Exchange) -> Admission {
        told.append("admit \(exchange.request.head.path)")
        return admission(exchange)
    }

    func handle(_ exchange: Exchange) {
        told.append("handle \(exchange.request.head.path)")
        answer(exchange)
    }

    func finished(_ exchange: Exchange) { told.append("finished \(exchange.request.head.path)") }
    func refused(_ problem: Problem, from peer: PeerAddress) { told.append("refused") }
}

/// A client that keeps what it gets.
private final class NotingClient: ExchangeStandIn {
    private let takesAtOnce: Bool
    private(set) var status: Status?
    private(set) var text = ""
    private(set) var endedWhole: Bool?
    private(set) var moves = 0
    var hasLeft = false
    var unsentBytes = 0
    var exchange: Exchange?
    var isCongested: Bool { false }

    init(takesAtOnce: Bool) { self.takesAtOnce = takesAtOnce }

    func began(_ status: Status, _ fields: HeaderFields) { self.status = status }

    func wrote(_ bytes: [UInt8]) {
        text += String(decoding: bytes, as: UTF8.self)
        if !takesAtOnce { unsentBytes += bytes.count }
    }

    func ended(isWhole: Bool) { endedWhole = isWhole }

    func moved(to exchange: Exchange) {
        moves += 1
        self.exchange = exchange
        if hasLeft { exchange.standInLeft() }
    }
}

/// A server on a loop that is stepped.
private struct Stage {
    let loop: EventLoop
    let handler = NotingHandler()
    let server: Server

    init(_ loop: EventLoop) {
        self.loop = loop
        let reactor = loop.assumeIsolated { OnOneThread($0.reactor) }
        server = Server(on: reactor.value, limits: ServerLimits(), handler: handler)
    }

    /// Another server on the same loop.
    func another() -> Stage { Stage(loop) }

    func step() { loop.step() }

    func ask(
        _ line: String,
        _ fields: String...,
        body: String = "",
        takesAtOnce: Bool = true
    ) -> NotingClient {
        let client = NotingClient(takesAtOnce: takesAtOnce)
        let lines = ["\(line) HTTP/1.1", "Host: x"] + fields + ["", ""]
        var parser = RequestParser(limits: RequestLimits())
        guard
            let head = (try? parser.parse(Array(lines.joined(separator: "\r\n").utf8).span))??.head
        else { preconditionFailure("this is a head") }
        let exchange = server.play(head, body: Array(body.utf8), with: client)
        if client.exchange == nil { client.exchange = exchange }
        return client
    }
}

/// Runs a test with a server, which is closed in any case.
private func withStage(_ body: (Stage) throws -> Void) throws {
    let stage = Stage(try EventLoop(stepped: 0, clock: ManualClock()))
    defer { stage.server.closeAll() }
    try body(stage)
}
