import Wire

/// Reads requests off a connection's bytes, one after the other: a head, then its body.
struct RequestReader {
    /// What the bytes have come to.
    enum Step {
        /// The next part is not whole yet.
        case more
        /// A head is whole, and a body follows.
        case head(RequestHead)
        /// A request is whole.
        case request(RequestHead, body: [UInt8])
    }

    private let limits: RequestLimits
    /// The head whose body is being read.
    private var head: RequestHead?
    private var parser: RequestParser
    private var decoder: BodyDecoder
    private var body: [UInt8] = []

    init(limits: RequestLimits) {
        self.limits = limits
        parser = RequestParser(limits: limits)
        decoder = BodyDecoder(framing: .none, limits: limits)
    }

    /// Whether a head was read whose body is not whole yet.
    var isWithinBody: Bool { head != nil }

    /// Reads on.
    ///
    /// - Parameter bytes: everything that no step has used up.
    /// - Returns: how many bytes the step has used up.
    /// - Throws: what makes the bytes no acceptable request; nothing can be read behind it.
    mutating func next(_ bytes: Span<UInt8>) throws(RequestError) -> (used: Int, step: Step) {
        if let head { return try readBody(of: head, bytes) }
        guard let (head, used) = try parser.parse(bytes) else { return (0, .more) }
        parser = RequestParser(limits: limits)
        guard head.framing != .none else { return (used, .request(head, body: [])) }
        self.head = head
        decoder = BodyDecoder(framing: head.framing, limits: limits)
        return (used, .head(head))
    }

    private mutating func readBody(
        of head: RequestHead,
        _ bytes: Span<UInt8>
    ) throws(RequestError) -> (used: Int, step: Step) {
        let (used, isDone) = try decoder.decode(bytes, into: &body)
        guard isDone else { return (used, .more) }
        let body = body
        self.body = []
        self.head = nil
        decoder = BodyDecoder(framing: .none, limits: limits)
        return (used, .request(head, body: body))
    }
}
