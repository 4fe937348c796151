import Loop
import Testing
import Wire

@testable import Upstream

/// Transfers without libcurl, whose events are played.
@Suite struct PlayedTransferTests {
    @Test func theStandInSeesTheRequest() throws {
        try withStage { stage in
            stage.start()
            let played = try #require(stage.standIn.played.first)
            #expect(played.request.url == "http://up/")
            #expect(played.request.headers.texts == ["x-test: yes", "Expect:"])
            #expect(played.request.body == Array("{}".utf8))
            #expect(stage.client.runningCount == 1)
        }
    }

    @Test func theHeadIsParsedAndContentComes() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start()
            #expect(transfer.play("HTTP/1.1 100 Continue\r\n", "\r\n"))
            #expect(heard.now.heads.isEmpty)
            #expect(transfer.play("HTTP/1.1 200 OK\r\n", "Content-Type: text/plain\r\n", "\r\n"))
            #expect(heard.now.heads.map(\.status) == [200])
            #expect(heard.now.heads.first?.fields.first("content-type") == "text/plain")
            #expect(transfer.play(content: Array("hello".utf8)))
            transfer.playedEnd(nil)
            #expect(heard.text == "hello")
            #expect(heard.now.ends == 1 && heard.now.error == nil)
            #expect(transfer.isOver && stage.client.runningCount == 0)
            transfer.playedEnd(.broken("again"))
            #expect(heard.now.ends == 1)
        }
    }

    @Test func anEndWithinTheHeadIsAnError() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start()
            #expect(transfer.play("HTTP/1.1 200 OK\r\n"))
            transfer.playedEnd(nil)
            #expect(heard.now.error == .broken("the connection closed within the head"))
        }
    }

    @Test func anErrorThatIsPlayedIsTold() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start()
            transfer.playedEnd(.notConnected("nobody there"))
            #expect(heard.now.error == .notConnected("nobody there"))
        }
    }

    @Test func aHeadThatIsNotTakenIsTheError() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start()
            #expect(
                !transfer.play("HTTP/1.1 200 OK\r\n", "Content-Encoding: gzip, br\r\n", "\r\n")
            )
            transfer.playedEnd(nil)
            #expect(heard.now.error == .other("its content is encoded more than once"))
        }
    }

    @Test func nothingIsTakenWhilePaused() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start()
            #expect(transfer.play("HTTP/1.1 200 OK\r\n", "\r\n"))
            transfer.pause()
            #expect(transfer.isPaused)
            #expect(!transfer.play(content: [1]))
            transfer.resume()
            #expect(!transfer.isPaused)
            #expect(transfer.play(content: [1]))
            #expect(heard.now.bytes == [1])
            #expect(stage.standIn.told == ["started", "paused", "running"])
        }
    }

    @Test func whatIsAskedForWithinAnEventComesAfterIt() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start { listener in
                listener.onHead = { transfer in
                    transfer.pause()
                    stage.standIn.told.append("head")
                }
                listener.onBytes = { transfer in
                    transfer.cancel()
                    stage.standIn.told.append("bytes")
                }
            }
            #expect(transfer.play("HTTP/1.1 200 OK\r\n", "\r\n"))
            transfer.resume()
            #expect(!transfer.play(content: [1]))
            #expect(
                stage.standIn.told == [
                    "started", "head", "paused", "running", "bytes", "cancelled",
                ]
            )
            #expect(stage.client.runningCount == 0)
            #expect(heard.now.bytes == [1] && heard.now.ends == 0)
        }
    }

    @Test func aTurnTakesAStatedAmount() throws {
        try withStage { stage in
            let (transfer, heard) = stage.start()
            #expect(transfer.play("HTTP/1.1 200 OK\r\n", "\r\n"))
            let piece = [UInt8](repeating: 0x78, count: 100 * 1024)
            var turns = 0
            for _ in 0..<10 {
                while !transfer.play(content: piece) {
                    #expect(transfer.isPaused)
                    stage.step()
                    turns += 1
                }
            }
            #expect(heard.now.bytes.count == 10 * piece.count)
            #expect(turns == 3)
            #expect(stage.standIn.told == ["started", "running", "running", "running"])
        }
    }

    @Test func allAreCancelledInTheOrderOfTheirStarts() throws {
        try withStage { stage in
            for _ in 0..<20 { stage.start() }
            stage.client.cancelAll()
            #expect(stage.standIn.cancelled == Array(0..<20))
            #expect(stage.client.runningCount == 0)
        }
    }
}

/// Notes what a client asks of its stand-in.
private final class NotingStandIn: UpstreamStandIn {
    private(set) var played: [(transfer: Transfer, request: UpstreamRequest)] = []
    private(set) var cancelled: [Int] = []
    var told: [String] = []

    func started(_ transfer: Transfer, _ request: UpstreamRequest) {
        played.append((transfer, request))
        told.append("started")
    }

    func flowChanged(_ transfer: Transfer) { told.append(transfer.isPaused ? "paused" : "running") }

    func cancelled(_ transfer: Transfer) {
        told.append("cancelled")
        if let index = played.firstIndex(where: { $0.transfer === transfer }) {
            cancelled.append(index)
        }
    }
}

/// A client on a loop that is stepped.
private struct Stage {
    let loop: EventLoop
    let standIn = NotingStandIn()
    let client: UpstreamClient
    private let lines = HeaderLines([("x-test", "yes")])

    init(_ loop: EventLoop) {
        self.loop = loop
        let reactor = loop.assumeIsolated { OnOneThread($0.reactor) }
        client = UpstreamClient(on: reactor.value, playedBy: standIn)
    }

    func step() { loop.step() }

    @discardableResult
    func start(_ set: (Listener) -> Void = { _ in }) -> (transfer: Transfer, heard: Heard) {
        let heard = Heard()
        let listener = Listener(heard)
        set(listener)
        let request = UpstreamRequest(
            url: "http://up/",
            headers: lines,
            body: Array("{}".utf8),
            bypassesProxy: true
        )
        return (client.start(request, delegate: listener), heard)
    }
}

/// Runs a test with a played client, whose transfers are cancelled in any case.
private func withStage(_ body: (Stage) throws -> Void) throws {
    let stage = Stage(try EventLoop(stepped: 0, clock: ManualClock()))
    defer { stage.client.cancelAll() }
    try body(stage)
}

extension Transfer {
    /// Plays header lines.
    fileprivate func play(_ lines: String...) -> Bool {
        for line in lines {
            guard playedHeaderLine(Array(line.utf8).span) else { return false }
        }
        return true
    }

    /// Plays content.
    fileprivate func play(content: [UInt8]) -> Bool { playedContent(content.span) }
}
