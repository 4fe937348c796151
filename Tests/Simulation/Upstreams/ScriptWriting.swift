import ChatFormats
import Upstream

/// Writes the script of one call.
struct ScriptWriting {
    private let call: Int
    private let provider: Provider
    private let model: String
    private let weather: UpstreamWeather
    private let chance: Chance
    /// What the upstream does so far.
    private(set) var steps: [UpstreamStep] = []
    /// What a truthful relay makes of it.
    private(set) var truth = UpstreamTruth.nothing(.truncated, .nobody)
    /// The text that comes.
    private(set) var text = ""
    /// Whether an entry comes.
    private(set) var isAnswered = false

    /// Begins a script.
    init(
        call: Int,
        _ provider: Provider,
        model: String,
        _ weather: UpstreamWeather,
        by chance: Chance
    ) {
        self.call = call
        self.provider = provider
        self.model = model
        self.weather = weather
        self.chance = chance
    }

    /// Writes all of it.
    mutating func write() {
        wait(chance.happens(oneIn: 10) ? chance.within(800...4000) : chance.within(5...600))
        switch weather {
        case .unreachable: writeUnreachable()
        case .refused: writeRefusal()
        case .brokenHead: writeBrokenHead()
        case .silentHead: end(.hang, .nothing(.timeout, .others))
        case .page: writePage()
        case .fair, .slow, .brokenEarly, .brokenText, .brokenLate, .short, .errorEarly, .errorText,
            .silentStream, .silentText, .silentLate:
            writeStream()
        }
    }

    // MARK: Without a stream

    private mutating func writeUnreachable() {
        switch chance.below(6) {
        case 0, 1, 2: end(.fail(.notConnected("refused")), .nothing(.upstreamError, .again))
        case 3: end(.fail(.nameNotResolved("no address")), .nothing(.upstreamError, .again))
        // Without others, the policy has it asked again.
        case 4: end(.fail(.connectTimeout("too late")), .nothing(.timeout, .again))
        default: end(.fail(.insecure("not trusted")), .nothing(.upstreamError, .others))
        }
    }

    private mutating func writeBrokenHead() {
        let lines = Self.head(200, "OK", Self.streamType)
        let count = chance.below(lines.count)
        steps += lines[..<count].map { .headerLine($0) }
        wait(chance.below(50))
        end(.fail(.broken("reset")), .nothing(.upstreamError, .again))
    }

    private mutating func writePage() {
        steps += Self.head(200, "OK", ["content-type: text/html"]).map { .headerLine($0) }
        steps.append(.content(Array("<!doctype html><title>Sorry</title><p>Later.".utf8)))
        end(.end, .nothing(.upstreamError, .others))
    }

    private mutating func writeRefusal() {
        let refusal = chance.pick(Self.refusals)
        var fields = ["content-type: application/json"]
        var next = refusal.next
        if next == .again, chance.happens(oneIn: 2) {
            let seconds = chance.pick([1, 2, 5, 600])
            fields.append("retry-after: \(seconds)")
            // Nobody waits for so long, but somebody else may be asked.
            if seconds > 120 { next = .others }
        }
        steps += Self.head(refusal.status, "Refused", fields).map { .headerLine($0) }
        wait(chance.below(30))
        let body =
            provider == .openAI
            ? PlayedOpenAI.error(refusal.type) : PlayedAnthropic.error(refusal.type)
        steps.append(.content(Array(body.utf8)))
        // The refusal counts, though its body may be cut.
        let isCut = chance.happens(oneIn: 8)
        end(isCut ? .fail(.broken("reset")) : .end, .nothing(.upstreamError, next))
    }

    private static let refusals: [(status: Int, type: String, next: UpstreamTruth.Next)] = [
        (429, "rate_limit_error", .again), (429, "rate_limit_error", .again),
        (500, "server_error", .again), (503, "overloaded_error", .again),
        (400, "invalid_request_error", .nobody), (401, "authentication_error", .others),
    ]

    // MARK: Streams

    private mutating func writeStream() {
        let body = makeBody()
        let fields = chance.happens(oneIn: 12) ? [] : Self.streamType
        steps += Self.head(200, "OK", fields).map { .headerLine($0) }
        switch weather {
        case .brokenEarly:
            send(body, upTo: chance.within(0...body.silentBytes))
            end(.fail(.broken("reset")), .nothing(.upstreamError, .again))
        case .brokenText:
            let first = body.entries.first?.end ?? 0
            send(body, upTo: chance.within(first...(body.finishEnd - 1)))
            end(.fail(.broken("reset")), .cut(.truncated))
        case .brokenLate:
            send(body, upTo: chance.within(body.finishEnd...(body.bytes.count - 1)))
            end(.fail(.broken("reset")), .whole(body.ending))
        case .short:
            send(body, upTo: chance.pick(body.ends))
            end(.end, isAnswered ? .cut(.truncated) : .nothing(.truncated, .nobody))
        case .errorEarly:
            send(body, upTo: chance.pick(Array(body.ends.prefix(2))))
            writeError()
        case .errorText:
            send(body, upTo: chance.pick(body.entries.map(\.end)))
            writeError()
        case .silentStream:
            send(body, upTo: chance.within(0...body.silentBytes))
            end(.hang, .nothing(.timeout, .nobody))
        case .silentText:
            send(body, upTo: chance.pick(body.entries.map(\.end)))
            end(.hang, .cut(.timeout))
        case .silentLate:
            send(body, upTo: chance.within(body.finishEnd...(body.bytes.count - 1)))
            end(.hang, .whole(body.ending))
        default:
            send(body, upTo: body.bytes.count)
            end(.end, .whole(body.ending))
        }
    }

    private func makeBody() -> CallBody {
        let count: Int =
            switch chance.below(30) {
            case 0: weather.needsText ? 2 : 0
            case 1, 2: weather.needsText ? 2 : 1
            // A slow one would take as long as no client waits.
            case 3 where weather != .slow: 400
            case 4, 5,
                6 where weather != .slow:
                chance.within(31...120)
            default: chance.within(5...30)
            }
        let thinks = chance.happens(oneIn: 12)
        return CallBody(
            provider,
            model: model,
            thoughts: thinks ? CallText.thoughts(of: call, count: chance.within(1...6)) : [],
            words: CallText.words(of: call, count: count, by: chance),
            chance.happens(oneIn: 8) ? .length : .complete,
            isCounted: chance.happens(oneIn: 2)
        )
    }

    private mutating func writeError() {
        let (type, next) = chance.pick(Self.errors)
        var event: [UInt8] = []
        switch provider {
        case .openAI: PlayedOpenAI.appendError(type, into: &event)
        case .anthropic: PlayedAnthropic.appendError(type, into: &event)
        }
        wait(chance.below(50))
        steps.append(.content(event))
        end(.end, isAnswered ? .cut(.upstreamError) : .nothing(.upstreamError, next))
    }

    private static let errors: [(type: String, next: UpstreamTruth.Next)] = [
        ("overloaded_error", .again), ("rate_limit_error", .again),
        ("invalid_request_error", .nobody), ("authentication_error", .others),
    ]

    // MARK: Pieces

    /// Sends the first bytes of an answer, in pieces that end anywhere.
    private mutating func send(_ body: CallBody, upTo end: Int) {
        text = body.text(upTo: end)
        isAnswered = body.entries.first.map { $0.end <= end } ?? false
        let isAtOnce = weather != .slow && chance.happens(oneIn: 12)
        let endsWithEvents = weather != .slow && chance.happens(oneIn: 2)
        var start = 0
        while start < end {
            var next = min(start + pieceBytes(isAtOnce: isAtOnce), end)
            if endsWithEvents { next = body.eventEnd(from: next, upTo: end) }
            steps.append(.content(Array(body.bytes[start..<next])))
            start = next
            if start < end { wait(pause) }
        }
    }

    private func pieceBytes(isAtOnce: Bool) -> Int {
        if isAtOnce { return .max / 2 }
        if weather == .slow { return chance.within(1...160) }
        return chance.happens(oneIn: 6) ? chance.within(1...12) : chance.within(80...700)
    }

    /// How long it takes until the next piece comes, which may be at once.
    private var pause: Int {
        if weather == .slow { return chance.within(20...900) }
        return chance.happens(oneIn: 4) ? 0 : chance.within(1...60)
    }

    private mutating func wait(_ milliseconds: Int) {
        if milliseconds > 0 { steps.append(.wait(milliseconds: milliseconds)) }
    }

    private mutating func end(_ step: UpstreamStep, _ truth: UpstreamTruth) {
        if case .end = step { wait(chance.below(3)) }
        steps.append(step)
        self.truth = truth
    }

    private static let streamType = ["content-type: text/event-stream; charset=utf-8"]

    private static func head(_ status: Int, _ reason: String, _ fields: [String]) -> [[UInt8]] {
        (["HTTP/1.1 \(status) \(reason)"] + fields + ["x-request-id: req_1", ""]).map {
            Array("\($0)\r\n".utf8)
        }
    }
}
