import Wire

/// What a proxy of connections says before the first byte of each: whose it is (PROXY protocol,
/// versions 1 and 2, haproxy's `proxy-protocol.txt`).
enum ProxyPreamble: Sendable, Equatable {
    /// The connection is the client's at this address.
    case client(PeerAddress)
    /// The connection is somebody's whose address the proxy does not know, or who is not on IP.
    case unknown
    /// The proxy itself asks, for instance whether the server is well.
    case proxy

    /// Why bytes are no preamble.
    enum Fault: Error, Sendable, Equatable {
        /// They begin as neither version does.
        case absent
        /// Version 1 has no end of its line within its longest line.
        case lineTooLong
        /// The line of version 1 does not follow its grammar.
        case line
        /// Version, command, family or length of version 2 is none that a connection may have.
        case binary
        /// Version 2 announces more than is read.
        case tooLong(limit: Int)
    }

    /// The longest line of version 1, with its end (§2.1).
    static let maxLineBytes = 107
    /// The longest preamble of version 2; what a proxy adds, such as names in a client's
    /// certificate, is read past.
    static let maxBytes = 4096

    private static let word: StaticString = "PROXY "
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let headBytes = 16

    /// Reads one from the first bytes of a connection.
    ///
    /// Whether more bytes follow makes no difference to what comes out.
    ///
    /// - Returns: the preamble and its length; nil while it is not whole.
    /// - Throws: why there is none, as soon as that is certain.
    static func parse(_ bytes: Span<UInt8>) throws(Fault) -> (ProxyPreamble, length: Int)? {
        guard let first = bytes.isEmpty ? nil : bytes[0] else { return nil }
        return first == signature[0] ? try binary(bytes) : try line(bytes)
    }

    // MARK: Version 1

    private static func line(_ bytes: Span<UInt8>) throws(Fault) -> (ProxyPreamble, length: Int)? {
        let known = min(bytes.count, word.utf8CodeUnitCount)
        for index in 0..<known {
            guard unsafe word.utf8Start[index] == bytes[index] else { throw .absent }
        }
        let end = (0..<min(bytes.count, maxLineBytes)).first { bytes[$0] == 0x0A }
        guard let end else {
            guard bytes.count < maxLineBytes else { throw .lineTooLong }
            return nil
        }
        guard bytes[end - 1] == 0x0D else { throw .line }
        var copy: [UInt8] = []
        copy.append(span: bytes.extracting(known..<(end - 1)))
        return (try line(copy), end + 1)
    }

    /// Reads what follows the word, without the end of the line.
    private static func line(_ bytes: [UInt8]) throws(Fault) -> ProxyPreamble {
        let space = UInt8(ascii: " ")
        let words = bytes.split(separator: space, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        // What follows UNKNOWN has to be ignored.
        if words[0] == "UNKNOWN" { return .unknown }
        guard words.count == 5, isPort(words[3]), isPort(words[4]),
            let source = PeerAddress(words[1]), PeerAddress(words[2]) != nil
        else { throw .line }
        let isSix = words[1].utf8.contains(UInt8(ascii: ":"))
        guard words[2].utf8.contains(UInt8(ascii: ":")) == isSix,
            words[0] == (isSix ? "TCP6" : "TCP4")
        else { throw .line }
        return .client(source)
    }

    /// Whether a text is a number up to 65535 without leading zeros.
    private static func isPort(_ text: String) -> Bool {
        guard let port = parseDecimal(text), port <= 65_535 else { return false }
        return text.utf8.count == String(port).utf8.count
    }

    // MARK: Version 2

    private static func binary(_ bytes: Span<UInt8>) throws(Fault) -> (ProxyPreamble, length: Int)?
    {
        for index in 0..<min(bytes.count, signature.count) {
            guard bytes[index] == signature[index] else { throw .absent }
        }
        guard bytes.count >= headBytes else { return nil }
        let isLocal = bytes[12] == 0x20
        guard isLocal || bytes[12] == 0x21 else { throw .binary }
        // What a proxy says of its own connection has to be ignored.
        let named: Addresses? = isLocal ? .absent : Addresses(bytes[13])
        guard let addresses = named else { throw .binary }
        let announced = Int(bytes[14]) << 8 | Int(bytes[15])
        guard announced >= addresses.bytes else { throw .binary }
        let length = headBytes + announced
        guard length <= maxBytes else { throw .tooLong(limit: maxBytes) }
        guard bytes.count >= length else { return nil }
        if isLocal { return (.proxy, length) }
        let source = headBytes..<(headBytes + addresses.width)
        let client = PeerAddress(bytes: bytes.extracting(source)).map(ProxyPreamble.client)
        return (client ?? .unknown, length)
    }

    /// What follows the head of version 2: a source, a destination, and their ports.
    private enum Addresses {
        case absent
        case four
        case six
        /// Paths on the proxy's machine, which are of no use here.
        case unix

        /// Nil for what no connection has, such as datagrams.
        init?(_ family: UInt8) {
            switch family {
            case 0x00: self = .absent
            case 0x11: self = .four
            case 0x21: self = .six
            case 0x31: self = .unix
            default: return nil
            }
        }

        /// Of an address that is read.
        var width: Int {
            switch self {
            case .absent, .unix: 0
            case .four: 4
            case .six: 16
            }
        }

        /// Of all of them together.
        var bytes: Int {
            switch self {
            case .absent: 0
            case .four, .six: 2 * width + 4
            case .unix: 216
            }
        }
    }
}
