import ChatFormats
import HTTPServer
import Loop
import Wire

/// One request of a client, from its first byte to the end of its answer.
///
/// `@unchecked Sendable`, since a world runs on one thread.
final class ClientVisit: ExchangeStandIn, TurnEndHandler, @unchecked Sendable {
    /// How a client takes what it is sent.
    enum Manner: Equatable {
        /// All of it, at once.
        case eager
        /// So many bytes at a time.
        case slow(bytes: Int)
        /// Nothing, although it stays.
        case stuck
    }

    /// Why nothing follows.
    enum End {
        /// The answer ended in order.
        case whole
        /// The relay closed the connection in the middle.
        case cutOff
        /// The process ended, or there was none.
        case lost
        /// The client left.
        case left
    }

    /// What the relay sends at the end of a turn.
    private enum Piece {
        case head(Int, HeaderFields)
        case content([UInt8])
        case end(isWhole: Bool)
    }

    /// What is asked.
    let request: ClientRequest
    /// What is understood of the answer.
    let reading: AnswerReading
    /// The entry that the client has, of those that it came back after; nil where it began.
    let resumedAt: EntryPlace?
    /// The number of the question, where the request asks one.
    let question: Int?
    /// The id of the answer that is read, where the request names one.
    let wanted: String?
    /// Whether `reading` has all of the text from the beginning on.
    var hasWhole: Bool
    /// When it was sent.
    let sentAt: Nanoseconds
    private(set) var end: End?
    private let manner: Manner
    /// Whose request it is; nil for the last look at everything.
    unowned let client: SimulatedClient?
    private unowned let world: World
    /// The loop that answers it.
    private var loop: EventLoop
    private var exchange: Exchange?
    /// The bytes that were written and that the client has not taken.
    private(set) var unsentBytes = 0
    /// How much may wait for a slow client.
    private static let mostUnsent = 4096
    /// What is sent at the end of this turn.
    private var pieces: [Piece] = []
    /// The last entry of the log that this reading has.
    private var last: Int?

    /// Sends a request to a loop of the process.
    init(
        _ request: ClientRequest,
        question: Int? = nil,
        wanted: String? = nil,
        resumedAt: EntryPlace? = nil,
        _ manner: Manner,
        on loop: EventLoop,
        of client: SimulatedClient?,
        in world: World
    ) {
        self.request = request
        self.question = question
        self.wanted = resumedAt?.generation ?? wanted
        self.resumedAt = resumedAt
        hasWhole = resumedAt == nil
        self.manner = manner
        self.loop = loop
        self.client = client
        self.world = world
        sentAt = world.clock.now
        reading = AnswerReading(request, after: nil)
        switch resumedAt?.count {
        case nil: last = -1
        case .log: last = resumedAt?.number
        case .record: last = nil
        }
    }

    /// Whose request it is; nil where nobody is asked.
    var owner: String? { Owners.name(of: request.head) }

    /// Who reads, for the story.
    var name: String { client.map { "client \($0.number)" } ?? "another reader" }

    /// Whether the client can be given the whole text in the place of what it has.
    var canRestore: Bool {
        guard case .stream(let dialect, _) = request.expected else { return false }
        return dialect == .events || dialect == .ndjson
    }

    /// Sends the request.
    func send() {
        loop.post { [self] loop in
            guard end == nil else { return }
            let exchange = world.process?.play(
                request.head,
                body: request.body,
                with: self,
                on: loop
            )
            // It may be over, or have moved, before this is known.
            if end == nil, self.exchange == nil { self.exchange = exchange }
        }
    }

    // MARK: What the client does

    /// Whether the client takes a little at a time.
    var takesSlowly: Bool {
        if case .slow = manner { true } else { false }
    }

    /// Whether a connection that is closed in the middle may be the word for an ending.
    var isPlain: Bool {
        if case .stream(.plain, _) = request.expected { true } else { false }
    }

    /// Whether the client takes all at once.
    var isEager: Bool { manner == .eager }

    /// Whether it waits for the client to take something.
    var hasBacklog: Bool { unsentBytes > 0 && manner != .stuck && end == nil }

    /// Takes some of what waits.
    func take() {
        guard case .slow(let bytes) = manner, hasBacklog else { return }
        unsentBytes = max(0, unsentBytes - bytes)
        guard unsentBytes == 0 else { return }
        loop.post { [self] _ in if end == nil { exchange?.standInDrained() } }
    }

    /// Leaves in the middle of the answer.
    func leave() {
        guard end == nil else { return }
        end = .left
        loop.post { [self] _ in drop() }
    }

    /// The process is gone, and the connection with it.
    func lose() {
        exchange = nil
        guard end == nil else { return }
        end = .lost
        client?.wake()
    }

    private func drop() {
        exchange?.standInLeft()
        exchange = nil
    }

    // MARK: What the relay does

    var isCongested: Bool { unsentBytes > Self.mostUnsent }

    func moved(to exchange: Exchange) {
        if let stepped = world.process?.stepped { loop = stepped }
        self.exchange = exchange
        // It left between the two loops, and nobody there has heard of it.
        if end != nil { drop() }
    }

    func began(_ status: Status, _ fields: HeaderFields) { send(.head(status.code, fields)) }

    func wrote(_ bytes: [UInt8]) {
        if manner != .eager { unsentBytes += bytes.count }
        send(.content(bytes))
    }

    func ended(isWhole: Bool) { send(.end(isWhole: isWhole)) }

    /// Sends it at the turn's end, as a connection does.
    private func send(_ piece: Piece) {
        guard end == nil, world.isAlive else { return }
        if pieces.isEmpty { loop.assumeIsolated { $0.reactor.atTurnEnd(self) } }
        pieces.append(piece)
    }

    func turnEnded() {
        let sent = pieces
        pieces = []
        for piece in sent {
            guard end == nil, world.isAlive else { return }
            receive(piece)
            follow()
        }
    }

    private func receive(_ piece: Piece) {
        switch piece {
        case .head(let status, let fields): reading.began(status, fields)
        case .content(let bytes):
            reading.wrote(bytes)
            if takesSlowly { client?.wakeSoon() }
        case .end(let isWhole):
            end = isWhole ? .whole : .cutOff
            exchange = nil
            reading.ended(isWhole: isWhole)
            if !isWhole { world.cutOff(self) }
            client?.wake()
        }
    }

    /// Holds what the client learned against what was promised.
    private func follow() {
        for event in reading.takeNews() { last = world.learned(event, by: self, after: last) }
    }
}
