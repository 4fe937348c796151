import Wire

/// The addresses that begin with the same bits (RFC 4632 §3.1): `10.0.0.0/8`, or one alone.
package struct AddressNetwork: Sendable, Hashable {
    /// Why a text names no network whose word may count.
    package enum Fault: Error, Sendable, Equatable {
        case address
        /// What follows the slash is no number of bits of such an address.
        case length
        /// The address has bits beyond the network's: which one is wrong cannot be known.
        case host(network: String)
        /// Everybody would be in it.
        case everybody
    }

    private let first: PeerAddress
    private let length: Int

    /// Those of this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    package static let loopback: [AddressNetwork] = [
        AddressNetwork(PeerAddress(four: 0x7F00_0000), 8),
        AddressNetwork(PeerAddress(six: 0, 1), 128),
    ]

    private init(_ first: PeerAddress, _ length: Int) {
        (self.first, self.length) = (first, length)
    }

    /// Reads an address, or an address, a slash and a number of bits.
    package init(_ text: String) throws(Fault) {
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let name = String(text[..<(slash ?? text.endIndex)])
        guard let address = PeerAddress(name) else { throw .address }
        var length = address.width
        if let slash {
            let digits = String(text[text.index(after: slash)...])
            guard digits.utf8.count <= 3, let number = parseDecimal(digits) else { throw .length }
            // IPv4 as IPv6 writes it: the bits of its wrapping count as well.
            length =
                address.width == 32 && name.utf8.contains(UInt8(ascii: ":")) ? number - 96 : number
            guard (0...address.width).contains(length) else { throw .length }
        }
        guard length > 0 else { throw .everybody }
        first = address.masked(length)
        self.length = length
        guard first == address else { throw .host(network: "\(first)/\(length)") }
    }

    /// Whether an address is one of them.
    package func contains(_ address: PeerAddress) -> Bool {
        address.width == first.width && address.masked(length) == first
    }
}
