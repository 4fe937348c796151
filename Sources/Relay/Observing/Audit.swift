import Access
import Generations
import HTTPServer
import Loop
import Storage
import Wire

/// What one loop tells the audit log; nothing where none is kept.
final class Audit {
    /// How many refusals have a line in a second: a stranger must not fill the disk.
    static let maxRefusalsPerSecond = 20
    private static let maxReasonLength = 400

    private let file: LineFile?
    private let reactor: Reactor
    /// When refusals are counted anew, and how many had a line since.
    private var secondEnds: Nanoseconds = 0
    private var refusals = 0
    private var passedOver = 0

    init(_ file: LineFile?, on reactor: Reactor) {
        self.file = file
        self.reactor = reactor
    }

    /// Notes something that was done.
    func write(_ event: @autoclosure () -> AuditEvent) {
        guard let file else { return }
        var line: [UInt8] = []
        line.reserveCapacity(384)
        event().append(milliseconds: reactor.wallMilliseconds, to: &line)
        file.append(line)
    }

    /// Notes that an answer was begun.
    func began(_ id: String, in conversation: String?, by caller: Caller, _ exchange: Exchange) {
        guard file != nil else { return }
        var event = AuditEvent(.began, by: caller.id, exchange)
        event.id = id
        event.conversation = conversation
        write(event)
    }

    /// Notes something done to an answer or a conversation.
    func did(
        _ kind: AuditEvent.Kind,
        _ exchange: Exchange,
        by caller: Caller,
        id: String? = nil,
        conversation: String? = nil,
        of whose: AuditEvent.Whose
    ) {
        guard file != nil else { return }
        var event = AuditEvent(kind, by: caller.id, exchange)
        event.id = id
        event.conversation = conversation
        event.whose = whose
        write(event)
    }

    /// Notes that something was read, unless it is the reader's own.
    func read(
        _ exchange: Exchange,
        by caller: Caller,
        id: String? = nil,
        conversation: String? = nil,
        of whose: AuditEvent.Whose
    ) {
        guard file != nil else { return }
        if case .owner(let owner) = whose, Self.isSame(owner, caller.id) { return }
        did(.read, exchange, by: caller, id: id, conversation: conversation, of: whose)
    }

    private static func isSame(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return equals(one, other)
    }

    // MARK: Refusals

    /// Notes a request that the relay itself refused, for who asks or for what it asks for.
    func finished(_ exchange: Exchange) {
        // What an upstream refused has a note.
        guard file != nil, let reason = exchange.reason, exchange.note.isEmpty,
            let status = exchange.status?.code, Self.isRefusal(status)
        else { return }
        refused(AuditEvent(.refused, by: exchange.user, exchange), status, reason)
    }

    /// Notes a request that was refused in the words of an event.
    func refused(_ problem: Problem, _ exchange: Exchange, by caller: Caller) {
        guard file != nil else { return }
        refused(AuditEvent(.refused, by: caller.id, exchange), problem)
    }

    /// Notes a connection that was refused before any request.
    func refused(_ problem: Problem, from peer: PeerAddress) {
        guard file != nil else { return }
        var event = AuditEvent(.refused)
        event.address = peer
        refused(event, problem)
    }

    private func refused(_ event: AuditEvent, _ problem: Problem) {
        guard Self.isRefusal(problem.status.code) else { return }
        refused(event, problem.status.code, problem.loggedReason ?? problem.message)
    }

    private func refused(_ event: AuditEvent, _ status: Int, _ reason: String) {
        if reactor.now >= secondEnds {
            secondEnds = reactor.now + .seconds(1)
            refusals = 0
        }
        guard refusals < Self.maxRefusalsPerSecond else { return passedOver += 1 }
        refusals += 1
        var event = event
        event.status = status
        event.reason = Self.shown(reason)
        event.passedOver = passedOver
        passedOver = 0
        write(event)
    }

    /// Notes the refusals that had no line, when the loop's work ends.
    func flush() {
        guard passedOver > 0 else { return }
        var event = AuditEvent(.refused)
        event.passedOver = passedOver
        passedOver = 0
        write(event)
    }

    private static func isRefusal(_ status: Int) -> Bool {
        [401, 403, 421, 429].contains(status)
    }

    private static func shown(_ reason: String) -> String {
        Redaction.clean(String(reason.prefix(maxReasonLength)))
    }
}
