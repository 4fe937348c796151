import ChatFormats
import HTTPServer
import Loop
import Storage
import TestSupport
import Upstream
import Wire

@testable import Generations

/// A source that only notes which of its functions are called.
final class ScriptedSource: EntrySource {
    private(set) var told: [String] = []
    var retryCount: Int { 0 }
    var usage: Usage? { nil }
    var passedOverCount: Int { 0 }

    func start() { told.append("start") }
    func pause() -> Bool {
        told.append("pause")
        return true
    }
    func resume() { told.append("resume") }
    func cancel() { told.append("cancel") }
}

/// A client that takes as much as the test says.
final class ScriptedClient: ExchangeStandIn {
    private(set) var status: Status?
    private(set) var text = ""
    /// Nil while more may follow.
    private(set) var endedWhole: Bool?
    var unsentBytes = 0
    var isCongested: Bool { unsentBytes > 64 * 1024 }

    func began(_ status: Status, _ fields: HeaderFields) { self.status = status }
    func wrote(_ bytes: [UInt8]) { text += String(decoding: bytes, as: UTF8.self) }
    func ended(isWhole: Bool) { endedWhole = isWhole }
}

/// A sink that allows what the test says.
final class ScriptedSink: EntrySink {
    private(set) var starts: [() -> Void] = []
    private(set) var grown = 0
    private(set) var outcomes: [RecordOutcome] = []

    func begin(_ live: LiveLog, then start: @escaping () -> Void) { starts.append(start) }
    func beganAnew(_ live: LiveLog) {}
    func grew(_ live: LiveLog) { grown += 1 }
    func recorded(_ live: LiveLog, _ outcome: RecordOutcome) { outcomes.append(outcome) }
}

/// What an answer needs from a loop: no worker, no service, no socket.
final class AnswerBench {
    let context: LoopContext
    let store: GenerationStore
    let source = ScriptedSource()
    let sink = ScriptedSink()
    let client = ScriptedClient()
    var live: LiveLog?
    var generation: Generation?
    private var exchange: Exchange?

    init(
        _ reactor: Reactor,
        _ history: HistoryFile,
        _ configure: (inout RelayConfiguration) -> Void
    ) {
        var configuration = RelayConfiguration(upstreams: [
            .init(name: "none", provider: .openAI, baseURL: "http://none", key: nil, model: "none")
        ])
        configure(&configuration)
        guard let client = UpstreamClient(on: reactor, settings: UpstreamSettings()) else {
            preconditionFailure("libcurl is out of memory")
        }
        let queue = DispatchWork().queue("read-back", .usual)
        context = LoopContext(
            reactor,
            configuration,
            client: client,
            heap: HeapTrim(on: reactor),
            readBackQueue: queue,
            report: { _ in }
        )
        let stores = Stores(
            history: history,
            keyFile: nil,
            journal: nil,
            durability: .never,
            keys: KeyTable(maxCount: 10),
            recorder: Recorder(into: history, on: queue) { _ in }
        )
        store = GenerationStore(context, stores)
    }

    /// Begins an answer whose source is the scripted one.
    func begin(_ onDisconnect: OnDisconnect = .finish) -> Generation {
        let generation = store.begin(
            id: store.makeID(),
            key: nil,
            ChatRequest(messages: [.init(role: .user, text: "hi")]),
            source: .init(upstream: "none", model: "none"),
            onDisconnect: onDisconnect
        )
        generation.begin(from: source)
        self.generation = generation
        live = generation.live
        return generation
    }

    /// A log that the scripted sink keeps, of an answer without a source.
    func makeLive() -> LiveLog {
        let head = AnswerHead(
            id: store.makeID(),
            owner: nil,
            key: nil,
            ChatRequest(messages: [.init(role: .user, text: "hi")]),
            source: .init(upstream: "none", model: "none"),
            startedAt: context.reactor.wallMilliseconds
        )
        let live = LiveLog(head, context, sink: sink)
        self.live = live
        return live
    }

    /// Attaches a reader for the scripted client.
    func read(_ live: LiveLog, _ dialect: Dialect = .text, smooth: Int? = nil) {
        let exchange = Exchange(Self.head, with: client, at: context.reactor.now)
        self.exchange = exchange
        let reader = Reader(exchange, of: live, from: 0, dialect, .stream)
        reader.smoothing = smooth.map { Smoothing(milliseconds: $0, of: live) }
        reader.start()
    }

    private static var head: RequestHead {
        var parser = RequestParser(limits: RequestLimits())
        let text = Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard let head = (try? parser.parse(text.span))??.head else {
            preconditionFailure("this is a head")
        }
        return head
    }

    /// The client takes all that was written.
    func drain() {
        client.unsentBytes = 0
        exchange?.standInDrained()
    }

    /// The client is gone.
    func leave() { exchange?.standInLeft() }
}

/// Runs the steps of a test in turns of one loop, whose clock does not move unless it is turned.
final class AnswerLoop {
    let clock = ManualClock()
    let folder: String
    let history: HistoryFile
    private let loop: EventLoop

    init(_ configure: @Sendable (inout RelayConfiguration) -> Void = { _ in }) async throws {
        folder = try makeFolder()
        history = try HistoryFile(directory: folder, durability: .never) { _ in }
        loop = try EventLoop(index: 0, time: .manual(clock))
        let history = history
        await loop.run { loop in
            loop.reactor.tenants.append(AnswerBench(loop.reactor, history, configure))
        }
    }

    /// Does a step of the test in a turn of the loop; the turn has ended when it returns.
    @discardableResult
    func turn<Value: Sendable>(_ step: @Sendable (AnswerBench) -> Value) async -> Value {
        let value = await loop.run { loop in
            guard let bench = loop.reactor.tenants.lazy.compactMap({ $0 as? AnswerBench }).first
            else { preconditionFailure("the bench is there from the start on") }
            return step(bench)
        }
        await clock.settle()
        return value
    }

    /// Ends all of this.
    func end() async {
        // Readers and their exchanges hold each other until one of them leaves.
        await turn { $0.leave() }
        await loop.run { loop in
            loop.reactor.tenants = []
            loop.stop()
        }
        history.close()
        removeTree(folder)
    }
}
