import Loop
import Wire

/// What a stream does next.
enum Step: Equatable {
    /// Send the bytes that were appended.
    case send
    /// Send nothing for so long.
    case wait(microseconds: Int)
    /// End the response as HTTP requires.
    case finish
    /// Announce a chunk, send less, close.
    case cutChunk
    /// Reset the connection.
    case reset
}

/// An answer as a sequence of steps, each made when it is asked for.
protocol AnswerScript {
    /// Returns the next step, and appends the bytes of `.send`; the last step repeats.
    mutating func next(into out: inout [UInt8]) -> Step
}

/// One answer in one vendor's protocol, with the misbehaviour that the options ask for.
struct Script<Events: VendorEvents>: AnswerScript {
    private enum Phase {
        case silence, opening
        /// So many bytes of the long line are still to come.
        case longLine(Int)
        case tokens, ending
        case over(Step)
    }

    /// The size of the parts in which the long line is sent.
    private static var longLinePartBytes: Int { 64 * 1024 }
    /// The pause before a reset, so that what was sent has left.
    ///
    /// In microseconds.
    private static var resetDelay: Int { 5000 }

    private let behaviour: Behaviour
    private var events: Events
    private var phase = Phase.silence
    private var reasoning: TokenSource
    private var answer: TokenSource
    /// How many tokens have been sent, reasoning included.
    private var sent = 0
    private var reasoningSent = 0
    private let finish: Behaviour.Finish
    /// Whether the interval after the last write is still to come.
    private var owesInterval = false
    private var hasPaused = false
    private var hasBrokenJSON = false

    init(_ behaviour: Behaviour, _ events: Events, answer: TokenSource, finish: Behaviour.Finish) {
        self.behaviour = behaviour
        self.events = events
        self.answer = answer
        self.finish = finish
        reasoning = TokenSource(repeating: Answer.reasoning, count: behaviour.reasoningTokens)
    }

    mutating func next(into out: inout [UInt8]) -> Step {
        switch phase {
        case .silence:
            phase = .opening
            guard behaviour.firstMilliseconds > 0 else { return next(into: &out) }
            return .wait(microseconds: behaviour.firstMilliseconds * 1000)
        case .opening:
            phase = .tokens
            events.appendOpening(into: &out)
            if let bytes = behaviour.lineBytes { beginLongLine(bytes, into: &out) }
            return .send
        case .longLine(let missing):
            return continueLongLine(missing, into: &out)
        case .tokens:
            return nextTokens(into: &out)
        case .ending:
            phase = .over(.finish)
            if !behaviour.saysDoneOnly {
                events.appendBeside(into: &out)
                events.appendEnding(
                    finish,
                    tokens: sent,
                    reasoningTokens: reasoningSent,
                    into: &out
                )
            }
            if !behaviour.omitsDone { events.appendLastMark(into: &out) }
            return .send
        case .over(let step):
            return step
        }
    }

    // MARK: Tokens

    private mutating func nextTokens(into out: inout [UInt8]) -> Step {
        if owesInterval {
            owesInterval = false
            return .wait(microseconds: behaviour.interval)
        }
        if sent == behaviour.pauseAfter, !hasPaused {
            hasPaused = true
            return .wait(microseconds: behaviour.pauseMilliseconds * 1000)
        }
        if let step = misbehave(into: &out) { return step }
        for _ in 0..<behaviour.batch {
            guard appendToken(into: &out) else {
                phase = .ending
                break
            }
            if isTrigger(sent) { break }
        }
        owesInterval = behaviour.interval > 0
        return .send
    }

    private mutating func appendToken(into out: inout [UInt8]) -> Bool {
        if let range = reasoning.next() {
            events.appendReasoningStart(into: &out)
            JSONText.appendEscaped(reasoning.text.span.extracting(range), into: &out)
            events.appendReasoningEnd(into: &out)
            reasoningSent += 1
        } else if let range = answer.next() {
            events.appendTextStart(into: &out)
            if behaviour.hasStamps {
                out.append(decimal: Int(monotonicNow()))
                out.append(UInt8(ascii: " "))
            } else {
                JSONText.appendEscaped(answer.text.span.extracting(range), into: &out)
            }
            events.appendTextEnd(of: answer.text.span.extracting(range), into: &out)
        } else {
            return false
        }
        sent += 1
        return true
    }

    // MARK: Misbehaviour

    /// Whether an option takes effect after so many tokens, so that a batch must end there.
    private func isTrigger(_ count: Int) -> Bool {
        count == behaviour.pauseAfter || count == behaviour.cutAfter
            || count == behaviour.resetAfter || count == behaviour.truncateChunkAfter
            || count == behaviour.errorAfter || count == behaviour.badJSONAfter
    }

    private mutating func misbehave(into out: inout [UInt8]) -> Step? {
        switch sent {
        case behaviour.cutAfter:
            phase = .over(.finish)
            return .finish
        case behaviour.truncateChunkAfter:
            phase = .over(.cutChunk)
            return .cutChunk
        case behaviour.resetAfter:
            phase = .over(.reset)
            return .wait(microseconds: Self.resetDelay)
        case behaviour.errorAfter:
            phase = .over(.finish)
            events.appendError(into: &out)
            return .send
        case behaviour.badJSONAfter where !hasBrokenJSON:
            hasBrokenJSON = true
            events.appendBrokenJSON(into: &out)
            return .send
        default:
            return nil
        }
    }

    /// Begins an event whose data line, `data: ` included, will have so many bytes.
    private mutating func beginLongLine(_ bytes: Int, into out: inout [UInt8]) {
        var end: [UInt8] = []
        events.appendTextEnd(into: &end)
        let textEnd = end.count { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        events.appendTextStart(into: &out)
        let lineStart = out.lastIndex { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        let textStart = out.count - ((lineStart ?? -1) + 1)
        sent += 1
        phase = .longLine(max(0, bytes - textStart - textEnd))
    }

    private mutating func continueLongLine(_ missing: Int, into out: inout [UInt8]) -> Step {
        let part = min(missing, Self.longLinePartBytes)
        out.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: part))
        phase = .longLine(missing - part)
        if missing == part {
            phase = .tokens
            events.appendTextEnd(into: &out)
        }
        return .send
    }
}
