import Loop

/// Lets streams without an interval send event by event, as model servers do, and one after the
/// other: each sends some, then it is the next one's turn.
///
/// A connection sends at the end of a loop's turn what was written in it. So only one event is
/// written before each of them.
final class SendTurns: TurnEndHandler {
    /// Events that a stream sends before the next stream does.
    private static let eventsPerTurn = 16

    private let reactor: Reactor
    /// The first has the turn.
    private var streams: [AnswerStream] = []
    private var eventsLeft = eventsPerTurn
    private var isScheduled = false

    init(on reactor: Reactor) {
        self.reactor = reactor
    }

    /// Plays a stream's steps from now on, until it has to wait for something.
    func join(_ stream: AnswerStream) {
        guard !stream.isInTurns else { return }
        stream.isInTurns = true
        streams.append(stream)
        schedule()
    }

    func turnEnded() {
        isScheduled = false
        guard let stream = streams.first else { return }
        eventsLeft -= 1
        let goesOn = stream.playStep()
        if !goesOn || eventsLeft == 0 {
            eventsLeft = Self.eventsPerTurn
            streams.removeFirst()
            stream.isInTurns = goesOn
            if goesOn { streams.append(stream) }
        }
        if !streams.isEmpty { schedule() }
    }

    /// To be called after something was written: its connection is then told before us, and sends.
    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        reactor.atTurnEnd(self)
    }
}
