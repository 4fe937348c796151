import Wire

/// Who asks, and how, as far as trusted proxies say it.
package struct ClientSource: Sendable, Equatable {
    /// How many entries of a list are looked at: with more proxies than that one after the other,
    /// something goes round in a circle.
    package static let maxEntries = 32

    /// The client's address; the other end of the connection where no proxy is trusted.
    ///
    /// Where a trusted proxy does not say it, or not readably, it is the address of that proxy,
    /// which all such clients share.
    package let address: PeerAddress
    /// Whether a trusted proxy says that the client uses https; no connection here does so itself.
    package let isSecure: Bool

    /// Finds out who asks.
    ///
    /// - Parameters:
    ///   - fields: the request's.
    ///   - peer: the other end of its connection.
    ///   - trust: says whether the fields count.
    init(_ fields: HeaderFields, from peer: PeerAddress, _ trust: ProxyTrust) {
        guard trust.trusts(peer) else {
            (address, isSecure) = (peer, false)
            return
        }
        switch trust.field {
        case .xForwardedFor:
            address = Self.client(of: Self.listed(fields), from: peer, trust).address
            isSecure = Self.saysHTTPS(fields)
        case .forwarded:
            let hops = fields.all("Forwarded").flatMap {
                // A line that cannot be read says that there was a hop, and not which.
                ForwardedElement.list($0) ?? [ForwardedElement()]
            }
            let client = Self.client(of: hops, from: peer, trust)
            address = client.address
            isSecure = client.scheme == "https"
        }
    }

    /// Walks from the nearest proxy to the client.
    ///
    /// Each entry was written by who is named to its right. So the first one that is not trusted is
    /// the client, and what is left of it may be made up.
    private static func client(
        of hops: [ForwardedElement],
        from peer: PeerAddress,
        _ trust: ProxyTrust
    ) -> (address: PeerAddress, scheme: String?) {
        var client: (address: PeerAddress, scheme: String?) = (peer, nil)
        for hop in hops.reversed().prefix(maxEntries) {
            client.scheme = hop.scheme
            guard let node = hop.node, let address = PeerAddress(node: node) else { break }
            client.address = address
            guard trust.trusts(address) else { break }
        }
        return client
    }

    private static func listed(_ fields: HeaderFields) -> [ForwardedElement] {
        fields.tokens("X-Forwarded-For").map { ForwardedElement(node: $0) }
    }

    /// Whether each proxy that says how it was reached says https: which of several is the client's
    /// cannot be told.
    private static func saysHTTPS(_ fields: HeaderFields) -> Bool {
        let schemes = fields.tokens("X-Forwarded-Proto")
        return !schemes.isEmpty && schemes.allSatisfy { $0 == "https" }
    }
}

extension PeerAddress {
    /// Reads a node as proxies name it (RFC 7239 §6).
    ///
    /// That is an address, one of IPv6 perhaps in brackets, perhaps with a port. Nil for `unknown`,
    /// a name that hides the address, and anything else.
    init?(node text: String) {
        let colon = UInt8(ascii: ":")
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let inside = text.utf8[text.index(after: text.startIndex)..<end]
            guard inside.contains(colon), Self.isPort(text.utf8[text.index(after: end)...]) else {
                return nil
            }
            self.init(String(Substring(inside)))
        } else if let first = text.utf8.firstIndex(of: colon),
            text.utf8.lastIndex(of: colon) == first
        {
            guard Self.isPort(text.utf8[first...]) else { return nil }
            self.init(String(text[..<first]))
        } else {
            self.init(text)
        }
    }

    /// Whether a text is nothing, or a colon and a port: five digits at most, or a name for it.
    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        guard let colon = text.first else { return true }
        let port = text.dropFirst()
        guard colon == UInt8(ascii: ":"), let first = port.first else { return false }
        let isDigit = { (byte: UInt8) in byte &- UInt8(ascii: "0") <= 9 }
        guard first == UInt8(ascii: "_") else {
            return port.count <= 5 && port.allSatisfy(isDigit)
        }
        return port.count > 1
            && port.dropFirst().allSatisfy { byte in
                isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
                    || "._-".utf8.contains(byte)
            }
    }
}
