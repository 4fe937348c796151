package import Wire

/// A request: its head, its body and where it came from.
package struct Request: Sendable {
    /// Method, target and fields.
    package internal(set) var head: RequestHead
    /// The content, already unchunked; empty where there was none.
    package internal(set) var body: [UInt8]
    /// The claim on the memory that the body holds; nil where it came whole in one read.
    var bodyClaim: BodyClaim?
    /// The other end of the connection.
    package let peer: PeerAddress
    /// Who asks: the other end, or who trusted proxies say that is behind it.
    package let client: ClientSource
}

/// What becomes of a request, by its head alone.
package enum Admission: Sendable {
    /// The body is read, as long as it has at most so many bytes; 413 above.
    ///
    /// The server's own limit holds as well.
    ///
    /// What its `Content-Encoding` says is undone, and its size counts after that.
    case read(upTo: Int = .max)
    /// The body is read past, as long as it has at most so many bytes; 413 above.
    case ignore(upTo: Int)
    /// The answer is an error, at once: the client is not asked for its body, and what it sends all
    /// the same is dropped.
    indirect case refuse(Problem)
    /// `Exchange.decide` follows. Meanwhile nothing is read of the body, and a client that leaves
    /// is noticed. The server sets no limit to the wait.
    case wait
}

/// Answers the requests of one loop.
package protocol RequestHandler: AnyObject {
    /// A head has come in. What it alone decides is decided here, before anything is read of the
    /// body; after this comes exactly one `finished`.
    func admit(_ exchange: Exchange) -> Admission
    /// An admitted request is whole. The answer may be given now or later, through the exchange.
    func handle(_ exchange: Exchange)
    /// The answer has been handed to the kernel whole, or the connection is gone.
    func finished(_ exchange: Exchange)
    /// An error's body, in the shape that clients of this request look for.
    func body(of problem: Problem, for exchange: Exchange) -> [UInt8]
    /// Something that has no acceptable head was answered with an error.
    func refused(_ problem: Problem, from peer: PeerAddress)
}

extension RequestHandler {
    /// The server's own shape.
    package func body(of problem: Problem, for exchange: Exchange) -> [UInt8] { problem.body }
}
