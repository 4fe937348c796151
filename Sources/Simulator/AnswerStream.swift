import HTTPServer
import Loop
import Wire

/// One running answer: plays a script on an exchange, in the loop's time.
final class AnswerStream: ExchangeDelegate, TurnEndHandler {
    /// How much is appended before the stream checks again how full the buffer is.
    private static let burstBytes = 16 * 1024
    /// How much lost time a stream that its reader held up makes up for at most.
    private static let maxLatenessMilliseconds = 1000

    private let exchange: Exchange
    private let reactor: Reactor
    private var script: any AnswerScript
    private let cutter: WriteCutter?
    /// Set if the stream sends each event by itself.
    private let turns: SendTurns?
    /// Whether the stream is in `turns`, which sets this.
    var isInTurns = false
    /// Called when the caller leaves before the end.
    private let onEarlyClose: () -> Void
    /// Bytes that have yet to be cut; the array is kept for its capacity.
    private var uncut: [UInt8] = []
    /// When the next step is due; each interval counts from here, so that delays do not add up.
    private var due: Nanoseconds
    /// Whether the stream has ended the connection itself.
    private var isOver = false
    private lazy var deadline = reactor.makeDeadline { [weak self] in self?.play() }

    init(
        _ exchange: Exchange,
        on reactor: Reactor,
        script: any AnswerScript,
        cutter: WriteCutter?,
        turns: SendTurns?,
        begin: Nanoseconds,
        onEarlyClose: @escaping () -> Void
    ) {
        self.exchange = exchange
        self.reactor = reactor
        self.script = script
        self.cutter = cutter
        self.turns = turns
        self.onEarlyClose = onEarlyClose
        due = begin
    }

    /// Plays until the next silence, or until the connection's buffer is full.
    func play() {
        if let turns { return turns.join(self) }
        while playStep() {}
    }

    /// Plays one step, or the steps of one write.
    ///
    /// - Returns: whether the next step may follow at once.
    func playStep() -> Bool {
        guard !isOver, !exchange.isCongested else { return false }
        switch cutter == nil ? burst() : cutBurst() {
        case .send: return true
        case .wait(let microseconds):
            let lateness = Nanoseconds.milliseconds(Self.maxLatenessMilliseconds)
            due = max(due + lateness, reactor.now) - lateness + Nanoseconds(microseconds) * 1000
            guard due > reactor.now else { return true }
            deadline.set(at: due)
        case .finish:
            isOver = true
            exchange.finish()
        case .cutChunk:
            isOver = true
            if exchange.request.head.minorVersion > 0 {
                exchange.writeRaw { $0.append(literal: "1000\r\ndata: {\"id\":") }
            }
            exchange.cutOff()
        case .reset:
            isOver = true
            // A reset drops what has not been sent. The connection asked for the turn's end
            // earlier, so it sends first.
            reactor.atTurnEnd(self)
        }
        return false
    }

    func turnEnded() {
        exchange.abort()
    }

    func exchangeIsWritable(_ exchange: Exchange) {
        guard !deadline.isSet else { return }
        play()
    }

    func exchangeLost(_ exchange: Exchange) {
        deadline.clear()
        guard !isOver else { return }
        isOver = true
        onEarlyClose()
    }

    private func burst() -> Step {
        var step = Step.send
        exchange.write { out in
            let limit = out.count + Self.burstBytes
            repeat {
                step = script.next(into: &out)
            } while step == .send && turns == nil && out.count < limit
        }
        return step
    }

    /// Sends the bytes of one step in pieces, each an HTTP chunk of its own.
    private func cutBurst() -> Step {
        uncut.removeAll(keepingCapacity: true)
        let step = script.next(into: &uncut)
        guard let cutter else { return step }
        let isChunked = exchange.request.head.minorVersion > 0
        let bytes = uncut
        exchange.writeRaw { out in
            var start = 0
            while start < bytes.count {
                let end = cutter.endOfPiece(bytes.span, from: start)
                if isChunked {
                    out.append(hexadecimal: UInt(end - start))
                    out.append(literal: "\r\n")
                }
                out.append(span: bytes.span.extracting(start..<end))
                if isChunked { out.append(literal: "\r\n") }
                start = end
            }
        }
        return step
    }
}

extension Behaviour {
    /// The instant from which a stream's intervals count: now, or the last one in its phase.
    func begin(at now: Nanoseconds) -> Nanoseconds {
        let interval = Nanoseconds(interval) * 1000
        guard let phaseMicroseconds, interval > 0 else { return now }
        let phase = Nanoseconds(phaseMicroseconds) * 1000 % interval
        return now - (now % interval + interval - phase) % interval
    }
}

/// Keeps an exchange open and sends nothing, for a while or for ever.
final class Silence: ExchangeDelegate {
    private let onEarlyClose: () -> Void
    private let deadline: Deadline

    /// Calls `then` after so many milliseconds; never, if there is no number.
    init(
        on reactor: Reactor,
        milliseconds: Int?,
        onEarlyClose: @escaping () -> Void,
        then: @escaping () -> Void
    ) {
        self.onEarlyClose = onEarlyClose
        deadline = reactor.makeDeadline(action: then)
        if let milliseconds { deadline.set(at: reactor.now + .milliseconds(milliseconds)) }
    }

    func exchangeIsWritable(_ exchange: Exchange) {}

    func exchangeLost(_ exchange: Exchange) {
        deadline.clear()
        onEarlyClose()
    }
}
