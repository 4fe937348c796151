import Loop

/// The lines of one loop's requests: one `write` for all requests that end in a turn.
final class RequestLog: TurnEndHandler {
    /// What is written in one piece, so that lines of several loops never mix.
    private static let atomicBytes = LogLine.maxBytes

    private let log: Log
    private unowned let reactor: Reactor
    /// Whole lines that are not written yet.
    private var lines: [UInt8] = []
    private var isTurnEndScheduled = false

    init(_ log: Log, on reactor: Reactor) {
        self.log = log
        self.reactor = reactor
        lines.reserveCapacity(Self.atomicBytes)
    }

    var isOn: Bool { log.logsRequests }

    /// Adds the line of a request.
    func add(_ visit: Visit) {
        let start = lines.count
        log.append(visit, to: &lines)
        if lines.count > Self.atomicBytes, start > 0 { write(start) }
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        reactor.atTurnEnd(self)
    }

    func turnEnded() {
        isTurnEndScheduled = false
        flush()
    }

    /// Writes the lines that wait.
    func flush() { write(lines.count) }

    private func write(_ count: Int) {
        guard count > 0 else { return }
        lines.withUnsafeBufferPointer {
            log.writeRequests(UnsafeBufferPointer(rebasing: $0[..<count]))
        }
        lines.removeFirst(count)
    }
}
