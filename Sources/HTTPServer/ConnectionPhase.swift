/// What a connection is doing.
enum ConnectionPhase {
    /// A trusted proxy says first whose connection it is. → reading, lingering, closed
    case introducing(PreambleReader)
    /// Between requests, or within a head. → deciding, receiving, responding, lingering, closed
    case reading
    /// The handler has not decided yet what becomes of a request; what else the client sends waits.
    /// → receiving, responding, closed
    case deciding(Exchange)
    /// The body of an admitted request comes in. → responding, closed
    case receiving(Exchange)
    /// A request is being answered; what else the client sends waits.
    /// → reading, dropping, lingering, closed
    case responding(Exchange)
    /// A request was refused, and its body is read past. → reading, lingering, closed
    case dropping
    /// All is sent and our side is shut. The client is to close first, since closing with unread
    /// input would reset the answer on its way (RFC 9112 §9.6). → closed
    case lingering
    case closed

    /// The request under way.
    var exchange: Exchange? {
        switch self {
        case .deciding(let exchange), .receiving(let exchange), .responding(let exchange): exchange
        case .introducing, .reading, .dropping, .lingering, .closed: nil
        }
    }

    /// Whether what the client sends is read, and does not wait.
    var takesInput: Bool {
        switch self {
        case .reading, .receiving, .dropping: true
        case .introducing, .deciding, .responding, .lingering, .closed: false
        }
    }
}
