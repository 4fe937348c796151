import Wire

/// Reads requests off a connection's bytes, one after the other: a head, then its body.
///
/// After each head it reads nothing until `keepBody` or `dropBody` is called.
struct RequestReader: ~Copyable {
    /// What the bytes have come to.
    enum Step {
        /// The next part is not whole yet, or what becomes of the body is not decided yet.
        case more
        /// A head is whole.
        case head(RequestHead)
        /// The body to keep is whole, and with it the request. The claim is that on the memory of
        /// its bytes, if there is one.
        case body([UInt8], BodyClaim?)
        /// The body to drop has come to its end.
        case dropped
    }

    /// What is being read.
    private enum State {
        case head
        /// Nothing, after this head.
        case undecided(RequestHead)
        case body(Content)
    }

    /// A body under way.
    private final class Content {
        /// The first claim on memory, where the body is not smaller: most that come in pieces need
        /// no second one.
        private static let firstClaimBytes = 4096

        var decoder: BodyDecoder
        let isKept: Bool
        var bytes: [UInt8] = []
        /// Nil as long as nothing is held from one read to the next.
        private(set) var claim: BodyClaim?
        private let announcedBytes: Int?
        private let maxBytes: Int

        init(_ framing: BodyFraming, isKept: Bool, limits: RequestLimits) {
            decoder = BodyDecoder(framing: framing, limits: limits)
            self.isKept = isKept
            announcedBytes = if case .fixed(let length) = framing { length } else { nil }
            maxBytes = announcedBytes ?? limits.maxBodyBytes
        }

        /// Claims and takes the memory that a read may need.
        ///
        /// The array's own growth would take twice its size unasked. What is announced and has not
        /// come claims nothing, else a client could reserve everything by a few heads. A body that
        /// comes whole in one read claims nothing either: it is handed on in the same turn.
        func makeRoom(for more: Int, on budget: BodyBudget) throws(RequestError) {
            if let announcedBytes, bytes.isEmpty, more >= announcedBytes { return }
            let needed = min(bytes.count + more, maxBytes)
            let room = claim?.bytes ?? 0
            guard needed > room else { return }
            let larger = min(max(needed, 2 * room, Self.firstClaimBytes), maxBytes)
            let claim = claim ?? BodyClaim(on: budget)
            guard claim.grow(to: larger) else { throw .noBodyMemory }
            self.claim = claim
            bytes.reserveCapacity(larger)
        }
    }

    /// An announced body above this cannot come whole in one read.
    private static let oneReadBytes = 64 * 1024

    private let limits: RequestLimits
    private let budget: BodyBudget
    private var parser: RequestParser
    private var state = State.head

    /// Makes a reader for one connection.
    ///
    /// - Parameters:
    ///   - limits: all but that of the body, which each request has its own of.
    ///   - budget: what the bodies to keep take their memory from.
    init(limits: RequestLimits, budget: BodyBudget) {
        var limits = limits
        // A head with a length beyond it is a head: its origin may read the answer.
        limits.maxBodyBytes = .max
        self.limits = limits
        self.budget = budget
        parser = RequestParser(limits: limits)
    }

    /// Whether a body is not read to its end yet.
    var isWithinBody: Bool {
        if case .body = state { true } else { false }
    }

    /// Reads on.
    ///
    /// - Parameter bytes: everything that no step has used up.
    /// - Returns: how many bytes the step has used up.
    /// - Throws: what makes the bytes no acceptable request; nothing can be read after it.
    mutating func next(_ bytes: Span<UInt8>) throws(RequestError) -> (used: Int, step: Step) {
        switch state {
        case .undecided: return (0, .more)
        case .body(let content): return try read(content, bytes)
        case .head:
            guard let (head, used) = try parser.parse(bytes) else { return (0, .more) }
            state = .undecided(head)
            return (used, .head(head))
        }
    }

    /// Has the body kept that follows the head that was read last.
    ///
    /// - Returns: whether there is one to come.
    /// - Throws: `bodyTooLarge` where its announced length is beyond the limit, `noBodyMemory`
    ///   where there is no room for it now: the client need not send what would be refused in the
    ///   middle.
    mutating func keepBody(upTo maxBytes: Int) throws(RequestError) -> Bool {
        guard case .undecided(let head) = state else { return false }
        switch head.framing {
        case .none, .fixed(0):
            state = .head
            return false
        case .fixed(let length) where length > maxBytes: throw .bodyTooLarge(limit: maxBytes)
        case .fixed(let length) where length > Self.oneReadBytes && !budget.hasRoom(for: length):
            throw .noBodyMemory
        case .fixed, .chunked:
            state = .body(content(head.framing, upTo: maxBytes, isKept: true))
            return true
        }
    }

    /// Has the body dropped that follows the head that was read last, since its request is refused.
    ///
    /// - Returns: whether another request can be read after it. Not where too much would have to be
    ///   read for it, nor where the client waits to be asked for it: having seen the refusal, the
    ///   client may leave it out, and the next request would be taken for it (RFC 9110 §10.1.1).
    mutating func dropBody(upTo maxBytes: Int) -> Bool {
        guard case .undecided(let head) = state else { return false }
        switch head.framing {
        case .none, .fixed(0):
            state = .head
            return true
        case _ where head.expectsContinue: return false
        case .fixed(let length) where length > maxBytes: return false
        case .fixed, .chunked:
            state = .body(content(head.framing, upTo: maxBytes, isKept: false))
            return true
        }
    }

    /// Gives back the memory of a body that is not read any further; nothing can be read after it.
    mutating func giveUpBody() {
        if case .body = state { state = .head }
    }

    private func content(_ framing: BodyFraming, upTo maxBytes: Int, isKept: Bool) -> Content {
        var limits = limits
        limits.maxBodyBytes = maxBytes
        return Content(framing, isKept: isKept, limits: limits)
    }

    private mutating func read(
        _ content: Content,
        _ bytes: Span<UInt8>
    ) throws(RequestError) -> (used: Int, step: Step) {
        if content.isKept { try content.makeRoom(for: bytes.count, on: budget) }
        let (used, isDone) = try content.decoder.decode(bytes, into: &content.bytes)
        if !content.isKept { content.bytes = [] }
        guard isDone else { return (used, .more) }
        state = .head
        return (used, content.isKept ? .body(content.bytes, content.claim) : .dropped)
    }
}
