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
        case body(IncomingBody)
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

    /// Makes a reader that has read one head.
    init(after head: RequestHead, limits: RequestLimits, budget: BodyBudget) {
        self.init(limits: limits, budget: budget)
        state = .undecided(head)
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
        case .body(let body): return try read(body, bytes)
        case .head:
            guard let (head, used) = try parser.parse(bytes) else { return (0, .more) }
            state = .undecided(head)
            return (used, .head(head))
        }
    }

    /// Has the body kept that follows the head that was read last, decoded or as it comes.
    ///
    /// - Returns: whether there is one to come.
    /// - Throws: `bodyTooLarge` where its announced length is beyond the limit, `noBodyMemory`
    ///   where there is no room for it now, and where its content coding is not known: the client
    ///   need not send what would be refused in the middle.
    mutating func keepBody(upTo maxBytes: Int, decodes: Bool = true) throws(RequestError) -> Bool {
        guard case .undecided(let head) = state else { return false }
        switch head.framing {
        case .none, .fixed(0):
            state = .head
            return false
        case .fixed(let length) where length > maxBytes: throw .bodyTooLarge(limit: maxBytes)
        case .fixed(let length) where length > Self.oneReadBytes && !budget.hasRoom(for: length):
            throw .noBodyMemory
        case .fixed, .chunked:
            let coding = decodes ? try ContentCoding.of(head.fields) : nil
            state = .body(body(head.framing, upTo: maxBytes, .keep(coding)))
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
            state = .body(body(head.framing, upTo: maxBytes, .drop))
            return true
        }
    }

    /// Gives back the memory of a body that is not read any further; nothing can be read after it.
    mutating func giveUpBody() {
        if case .body = state { state = .head }
    }

    private func body(
        _ framing: BodyFraming,
        upTo maxBytes: Int,
        _ use: IncomingBody.Use
    ) -> IncomingBody {
        var limits = limits
        limits.maxBodyBytes = maxBytes
        return IncomingBody(framing, use, limits: limits)
    }

    private mutating func read(
        _ body: IncomingBody,
        _ bytes: Span<UInt8>
    ) throws(RequestError) -> (used: Int, step: Step) {
        let (used, isDone) = try body.receive(bytes, on: budget)
        guard isDone else { return (used, .more) }
        state = .head
        return (used, body.isKept ? .body(body.bytes, body.claim) : .dropped)
    }
}
