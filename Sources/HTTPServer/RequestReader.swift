import Wire

/// Reads requests off a connection's bytes, one after the other: a head, then its body.
struct RequestReader: ~Copyable {
    /// What the bytes have come to.
    enum Step {
        /// The next part is not whole yet.
        case more
        /// A head is whole, and a body follows.
        case head(RequestHead)
        /// A request is whole.
        case request(RequestHead, body: [UInt8])
    }

    /// A body under way.
    private final class Content {
        let head: RequestHead
        var decoder: BodyDecoder
        var bytes: [UInt8] = []

        init(of head: RequestHead, limits: RequestLimits) {
            self.head = head
            decoder = BodyDecoder(framing: head.framing, limits: limits)
        }
    }

    private let limits: RequestLimits
    private var parser: RequestParser
    /// The body that follows the head that was read last, until it is whole.
    private var content: Content?

    init(limits: RequestLimits) {
        self.limits = limits
        parser = RequestParser(limits: limits)
    }

    /// Whether a head was read whose body is not whole yet.
    var isWithinBody: Bool { content != nil }

    /// Reads on.
    ///
    /// - Parameter bytes: everything that no step has used up.
    /// - Returns: how many bytes the step has used up.
    /// - Throws: what makes the bytes no acceptable request; nothing can be read behind it.
    mutating func next(_ bytes: Span<UInt8>) throws(RequestError) -> (used: Int, step: Step) {
        if let content { return try read(content, bytes) }
        guard let (head, used) = try parser.parse(bytes) else { return (0, .more) }
        guard head.framing != .none else { return (used, .request(head, body: [])) }
        content = Content(of: head, limits: limits)
        return (used, .head(head))
    }

    private mutating func read(
        _ content: Content,
        _ bytes: Span<UInt8>
    ) throws(RequestError) -> (used: Int, step: Step) {
        let (used, isDone) = try content.decoder.decode(bytes, into: &content.bytes)
        guard isDone else { return (used, .more) }
        self.content = nil
        return (used, .request(content.head, body: content.bytes))
    }
}
