import ChatFormats
import Generations
import HTTPServer
import Loop
import Storage
import TestSupport
import Testing
import Upstream
import Wire

@testable import Relay

/// A whole relay on loops that are stepped by hand, between played clients and upstreams.
@Suite struct SteppedServiceTests {
    @Test func anAnswerIsAskedForAndResumedOnOneThread() throws {
        try withSteppedRelay { relay in
            let asking = try relay.ask("GET /chat/stream?prompt=hi", onLoop: 0)
            relay.settle()
            let call = try #require(relay.upstream.calls.first)
            #expect(call.request.url == "http://upstream/v1/chat/completions")
            call.begin()
            call.say("Hel")
            relay.settle()
            #expect(asking.status == .ok && asking.spoken == ["Hel"])
            let id = try #require(asking.ids.last)
            #expect(GenerationID.loop(of: String(id.prefix { $0 != "." })) == 0)

            let resuming = try relay.ask(
                "GET /chat/stream?prompt=hi",
                "Last-Event-ID: \(id)",
                onLoop: 1
            )
            relay.settle()
            #expect(resuming.moves == 1)
            #expect(relay.loads.map(\.connections) == [2, 0])
            call.say("lo")
            call.end()
            relay.settle()
            #expect(asking.spoken == ["Hel", "lo"])
            #expect(resuming.spoken == ["lo"])
            for client in [asking, resuming] {
                #expect(client.events.last?.name == "done" && client.endedWhole == true)
            }
            #expect(relay.upstream.calls.count == 1)
            #expect(relay.loads.map(\.connections) == [0, 0])
        }
    }

    @Test func aClientThatLeavesIsForgotten() throws {
        try withSteppedRelay { relay in
            let client = try relay.ask("GET /chat/stream?prompt=hi", onLoop: 1)
            relay.settle()
            #expect(relay.loads.map(\.generations) == [0, 1])
            client.exchange?.standInLeft()
            relay.settle()
            #expect(relay.loads.map(\.connections) == [0, 0])
        }
    }

    @Test func whatRunsWhenItStopsIsInterrupted() throws {
        try withSteppedRelay { relay in
            let client = try relay.ask("GET /chat/stream?prompt=hi", onLoop: 0)
            relay.settle()
            relay.upstream.calls.first?.begin()
            relay.upstream.calls.first?.say("Hel")
            relay.settle()
            relay.each { $0.interrupt($1) }
            relay.settle()
            #expect(client.events.last?.name == "error" && client.endedWhole == true)
            #expect(relay.upstream.calls.first?.isCancelled == true)
        }
    }

    @Test func theSameRandomNumbersMakeTheSameIds() throws {
        let ids = try (0..<2).map { _ in
            try withSteppedRelay { relay in
                let clients = try (0..<2).map {
                    try relay.ask("GET /chat/stream?prompt=hi", onLoop: $0)
                }
                relay.settle()
                return clients.compactMap(\.ids.first)
            }
        }
        #expect(ids[0].count == 2 && ids[0][0] != ids[0][1])
        #expect(ids[0] == ids[1])
    }

    @Test func logLinesHaveTheTimeOfThePlatform() throws {
        try withSteppedRelay { relay in
            let client = try relay.ask("GET /nothing", onLoop: 0)
            relay.settle()
            #expect(client.status == .notFound)
            let line = try #require(relay.lines.values.first)
            #expect(line.hasPrefix("2027-01-15T08:00:00.000Z info "))
            #expect(line.hasSuffix("\n"))
        }
    }

    @Test func noTimePassesUnlessTheClockMoves() throws {
        try withSteppedRelay { relay in
            let client = try relay.ask("GET /chat/stream?prompt=hi", onLoop: 0)
            relay.settle()
            relay.upstream.calls.first?.begin()
            relay.settle()
            #expect(client.events.map(\.name) == ["start"])
            let next = try #require(relay.loops[0].nextWork)
            #expect(next > relay.clock.now)
            relay.clock.move(by: .seconds(3600))
            relay.settle()
            #expect(client.endedWhole == true)
        }
    }
}

/// A relay over two loops that the test steps.
private final class SteppedRelay {
    let clock = ManualClock(start: .seconds(1), wallMilliseconds: 1_800_000_000_000)
    let loops: [EventLoop]
    let upstream: PlayedUpstream
    /// What was logged.
    let lines = Recorder<String>()
    private let service: Service
    private let folder: String
    private let history: HistoryFile

    init() throws {
        folder = try makeFolder()
        history = try HistoryFile(directory: folder) { _ in }
        let upstream = PlayedUpstream()
        self.upstream = upstream
        let standIn = OnOneThread<any UpstreamStandIn>(upstream)
        let platform = Platform(time: .manual(clock), random: CountingRandom())
        service = Service(
            configuration: RelayConfiguration(upstreams: [
                .init(
                    name: "played",
                    provider: .openAI,
                    baseURL: "http://upstream/v1",
                    key: "sk-test-0123456789abcdef",
                    model: "played"
                )
            ]),
            limits: ServerLimits(),
            upstreamSettings: UpstreamSettings(),
            staticFolder: nil,
            history: history,
            makeClient: { reactor, _ in UpstreamClient(on: reactor, playedBy: standIn.value) },
            platform: platform,
            log: Log(time: platform.time) { [lines] in
                lines.record(String(decoding: $0, as: UTF8.self))
            }
        )
        let clock = clock
        loops = try (0..<2).map { try EventLoop(stepped: $0, clock: clock) }
        service.begin(on: loops)
        for loop in loops {
            try loop.assumeIsolated { [service] in try service.beginWorker(on: $0) }
        }
        service.finishStart()
    }

    func stop() {
        each { $0.drain($1) }
        each { $0.interrupt($1) }
        each { $0.close($1) }
        service.finishRecords()
        _ = history.flush(timeoutMilliseconds: 30_000)
        history.close()
        for loop in loops { loop.assumeIsolated { $0.stop() } }
        removeTree(folder)
    }

    /// Does something on every loop.
    func each(_ work: @Sendable (Service, isolated EventLoop) -> Void) {
        for loop in loops { loop.assumeIsolated { [service] in work(service, $0) } }
    }

    /// Steps the loops until none has anything to do now.
    func settle() {
        while true {
            let busy = loops.filter { ($0.nextWork ?? .max) <= clock.now }
            guard !busy.isEmpty else { return }
            for loop in busy { loop.step() }
        }
    }

    var loads: [Load] {
        loops.map { loop in loop.assumeIsolated { [service] in service.load(of: $0) } }
    }

    func ask(_ line: String, _ fields: String..., onLoop index: Int) throws -> PlayedClient {
        let lines = ["\(line) HTTP/1.1", "Host: localhost"] + fields + ["", ""]
        var parser = RequestParser(limits: RequestLimits())
        let text = Array(lines.joined(separator: "\r\n").utf8)
        let head = try #require(try parser.parse(text.span)).head
        let client = PlayedClient()
        let standIn = OnOneThread(client)
        let exchange = loops[index].assumeIsolated { [service] loop in
            OnOneThread(service.play(head, with: standIn.value, on: loop))
        }
        if client.exchange == nil { client.exchange = exchange.value }
        return client
    }
}

/// Runs a test with such a relay, which is stopped in any case.
private func withSteppedRelay<Result>(
    _ body: (SteppedRelay) throws -> Result
) throws -> Result {
    let relay = try SteppedRelay()
    defer { relay.stop() }
    return try body(relay)
}

/// Bytes that count up.
private final class CountingRandom: RandomSource {
    private let last = Guarded<UInt8>(0)

    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        last.withLock { last in
            for index in bytes.indices {
                last &+= 1
                // Not the same again after 256 bytes.
                bytes[index] = last &* UInt8(truncatingIfNeeded: index / 8 + 1)
            }
            last &+= 7
        }
    }
}

/// A client that reads events.
private final class PlayedClient: ExchangeStandIn {
    private(set) var status: Status?
    private(set) var text = ""
    private(set) var endedWhole: Bool?
    private(set) var moves = 0
    /// Its request, which the relay keeps; the request keeps this client.
    weak var exchange: Exchange?
    var unsentBytes: Int { 0 }
    var isCongested: Bool { false }

    /// The events so far.
    var events: [Event] {
        var decoder = EventDecoder()
        var events: [Event] = []
        let bytes = Array(text.utf8)
        var offset = 0
        while (try? decoder.next(bytes.span, from: &offset)) == true {
            events.append(
                Event(
                    name: String(decoding: decoder.name, as: UTF8.self),
                    data: String(decoding: decoder.data, as: UTF8.self),
                    id: String(decoding: decoder.lastEventID, as: UTF8.self)
                )
            )
        }
        return events
    }

    /// The ids of the events.
    var ids: [String] { events.map(\.id).filter { !$0.isEmpty } }

    /// The text of each token.
    var spoken: [String] { events.filter { $0.name == "token" }.map(\.data) }

    func began(_ status: Status, _ fields: HeaderFields) { self.status = status }
    func wrote(_ bytes: [UInt8]) { text += String(decoding: bytes, as: UTF8.self) }
    func ended(isWhole: Bool) { endedWhole = isWhole }

    func moved(to exchange: Exchange) {
        moves += 1
        self.exchange = exchange
    }
}

/// An upstream that speaks OpenAI's protocol as the test says.
private final class PlayedUpstream: UpstreamStandIn {
    private(set) var calls: [PlayedCall] = []

    func started(_ transfer: Transfer, _ request: UpstreamRequest) {
        calls.append(PlayedCall(transfer, request))
    }

    func flowChanged(_ transfer: Transfer) {}

    func cancelled(_ transfer: Transfer) {
        calls.first { $0.transfer === transfer }?.isCancelled = true
    }
}

/// One call of the upstream.
private final class PlayedCall {
    let transfer: Transfer
    let request: UpstreamRequest
    var isCancelled = false

    init(_ transfer: Transfer, _ request: UpstreamRequest) {
        self.transfer = transfer
        self.request = request
    }

    func begin() {
        for line in ["HTTP/1.1 200 OK\r\n", "Content-Type: text/event-stream\r\n", "\r\n"] {
            _ = transfer.playedHeaderLine(Array(line.utf8).span)
        }
    }

    func say(_ word: String) {
        send("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(word)\"}}]}")
    }

    func end() {
        send("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
        send("[DONE]")
        transfer.playedEnd(nil)
    }

    private func send(_ data: String) {
        _ = transfer.playedContent(Array("data: \(data)\n\n".utf8).span)
    }
}
