/// The origin of a page, as browsers send it (RFC 6454 §6.2): a scheme, a host and perhaps a port,
/// or `null` for a page that shall have none, such as a file.
///
/// Two that say the same are equal: case does not count, nor a scheme's own port.
package struct Origin: Hashable, Sendable {
    /// What is not an origin, or cannot be listed.
    package enum Fault: Error, Sendable, Equatable {
        case noScheme
        case noHost
        /// Something follows the host and the port.
        case path
        /// A pattern: a page of any name below the host could ask.
        case wildcard
        case user
        case port
        /// Browsers send names in ASCII (RFC 5890 §2.3.2.1), so such a name would never match.
        case notASCII
        /// A character that has no place there.
        case character
    }

    /// In small letters and without a default port; `null` for an opaque one.
    package let text: String
    /// The host without port and brackets; empty where there is none.
    let host: String
    /// The host with the port, unless that is the scheme's own.
    let authority: String
    /// Whether the scheme is one of those that servers have.
    let isOfWeb: Bool

    private static let ports = ["http": ":80", "https": ":443", "ws": ":80", "wss": ":443"]

    /// Reads one.
    package init(_ text: String) throws(Fault) {
        guard text.lowercased() != "null" else {
            (self.text, host, authority, isOfWeb) = ("null", "", "", false)
            return
        }
        guard !text.contains("*") else { throw .wildcard }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        guard let mark = text.firstRange(of: "://") else { throw .noScheme }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard let first = scheme.utf8.first, (0x61...0x7A).contains(first),
            scheme.utf8.allSatisfy({ Self.isPlain($0) || $0 == 0x2B })
        else { throw .noScheme }
        let rest = text[mark.upperBound...].lowercased()
        guard !rest.contains("@") else { throw .user }
        guard !rest.contains(where: { "/?#\\".contains($0) }) else { throw .path }
        let (host, port) = try Self.split(rest)
        let defaultPort = Self.ports[scheme]
        // Programs around a browser have schemes of their own, and some of their pages no host.
        guard !host.isEmpty || defaultPort == nil else { throw .noHost }
        self.host = host.filter { !"[]".contains($0) }
        self.authority = host + (port == ":" || port == defaultPort ? "" : port)
        self.text = "\(scheme)://\(self.authority)"
        isOfWeb = defaultPort != nil
    }

    /// A host and a port with its colon.
    private static func split(_ authority: String) throws(Fault) -> (String, String) {
        let isAddress = authority.hasPrefix("[")
        let end =
            isAddress
            ? authority.firstIndex(of: "]").map { authority.index(after: $0) }
            : authority.firstIndex(of: ":") ?? authority.endIndex
        guard let end else { throw .character }
        let (host, port) = (authority[..<end], authority[end...])
        let inside = isAddress ? host.dropFirst().dropLast() : host
        // `.` is a host of its own in `app://.`, as Electron's programs have it.
        guard inside.utf8.allSatisfy({ isPlain($0) || $0 == 0x5F || isAddress && $0 == 0x3A })
        else { throw .character }
        guard port.isEmpty || port.first == ":", port.utf8.count <= 6,
            port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .port }
        return (String(host), String(port))
    }

    /// A letter, a digit, `-` or `.`.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
            || byte == 0x2E
    }
}
