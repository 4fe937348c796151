import Loop

/// Lets streams without an interval send event by event, as model servers do, and in turn: each
/// sends some events, and then the next one does.
///
/// At the end of a loop's turn, a connection sends what was written in the turn. So only one event
/// is written before each end.
final class SendTurns: TurnEndHandler {
    /// How many events a stream sends before the next stream does.
    private static let eventsPerTurn = 16

    private let reactor: Reactor
    /// The streams that take turns; it is the first one's turn.
    private var streams: [AnswerStream] = []
    private var eventsLeft = eventsPerTurn
    private var isScheduled = false

    init(on reactor: Reactor) {
        self.reactor = reactor
    }

    /// Plays a stream's steps from now on, until it must wait.
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

    /// Asks for the turn's end; called after a write, so that the connection is called first and
    /// sends.
    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        reactor.atTurnEnd(self)
    }
}
