import Wire

/// Reads requests off a connection's bytes, one after the other: a head, then its body.
///
/// After each head it stands still until it is told whether the body is kept or dropped.
struct RequestReader: ~Copyable {
    /// What the bytes have come to.
    enum Step {
        /// The next part is not whole yet, or what becomes of the body was not said yet.
        case more
        /// A head is whole.
        case head(RequestHead)
        /// The body to keep is whole, and with it the request.
        case body([UInt8])
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
        var decoder: BodyDecoder
        let isKept: Bool
        var bytes: [UInt8] = []

        init(_ framing: BodyFraming, isKept: Bool, limits: RequestLimits) {
            decoder = BodyDecoder(framing: framing, limits: limits)
            self.isKept = isKept
        }
    }

    private let limits: RequestLimits
    private var parser: RequestParser
    private var state = State.head

    /// Makes a reader for one connection.
    ///
    /// - Parameter limits: without that of the body, which is said for each.
    init(limits: RequestLimits) {
        var limits = limits
        // A head with a length beyond it is a head: its origin may read the answer.
        limits.maxBodyBytes = .max
        self.limits = limits
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
    /// - Throws: `bodyTooLarge` where its announced length is beyond the limit.
    mutating func keepBody(upTo maxBytes: Int) throws(RequestError) -> Bool {
        guard case .undecided(let head) = state else { return false }
        switch head.framing {
        case .none, .fixed(0):
            state = .head
            return false
        case .fixed(let length) where length > maxBytes: throw .bodyTooLarge(limit: maxBytes)
        case .fixed, .chunked:
            state = .body(content(head.framing, upTo: maxBytes, isKept: true))
            return true
        }
    }

    /// Has the body dropped that follows the head that was read last, since its request is refused.
    ///
    /// - Returns: whether another request can be read after it. Not where too much would have to be
    ///   read for it, nor where the client waits to be told to send it: having seen the refusal, it
    ///   may leave it out, and bytes that are no request would be taken for one (RFC 9110 §10.1.1).
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

    private func content(_ framing: BodyFraming, upTo maxBytes: Int, isKept: Bool) -> Content {
        var limits = limits
        limits.maxBodyBytes = maxBytes
        return Content(framing, isKept: isKept, limits: limits)
    }

    private mutating func read(
        _ content: Content,
        _ bytes: Span<UInt8>
    ) throws(RequestError) -> (used: Int, step: Step) {
        let (used, isDone) = try content.decoder.decode(bytes, into: &content.bytes)
        if !content.isKept { content.bytes.removeAll(keepingCapacity: true) }
        guard isDone else { return (used, .more) }
        state = .head
        return (used, content.isKept ? .body(content.bytes) : .dropped)
    }
}
