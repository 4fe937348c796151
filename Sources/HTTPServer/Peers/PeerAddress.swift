import Glibc
import Wire

/// Where a connection or a request comes from: an address without its port.
///
/// Seventeen bytes instead of the kernel's 128: every connection and every request holds one. An
/// IPv4 address that IPv6 wraps (RFC 4291 §2.5.5.2) is the IPv4 address: it is one host.
package struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
    private enum Address: Sendable, Hashable {
        case none
        case v4(UInt32)
        case v6(UInt64, UInt64)
    }

    /// What the connections of one host are counted by.
    package enum Site: Hashable, Sendable {
        case v4(UInt32)
        /// The first half: a host may take any address of its network (RFC 4291 §2.5.4).
        case v6(UInt64)

        /// The same as a word for logs and files.
        package var word: String {
            switch self {
            case .v4(let bits): PeerAddress(.v4(bits)).description
            case .v6(let high): PeerAddress(.v6(high, 0)).description + "/64"
            }
        }
    }

    private let address: Address

    /// Of a client that nothing is known of.
    package static let unknown = PeerAddress(.none)

    /// Where it comes from, as far as that is counted; nil for this machine, and for one that is
    /// not known.
    ///
    /// A proxy on this machine has one address for all of its clients.
    package var site: Site? {
        switch address {
        case .none: nil
        case .v4(let bits): bits >> 24 == 127 ? nil : .v4(bits)
        case .v6(0, 1): nil
        case .v6(let high, _): .v6(high)
        }
    }

    /// How many bits it has: 32 or 128, or 0 for one that is not known.
    var width: Int {
        switch address {
        case .none: 0
        case .v4: 32
        case .v6: 128
        }
    }

    private init(_ address: Address) {
        guard case .v6(0, let low) = address, low >> 32 == 0xFFFF else {
            self.address = address
            return
        }
        self.address = .v4(UInt32(truncatingIfNeeded: low))
    }

    /// The address that the kernel names; unknown for a family that is not IP.
    init(_ storage: sockaddr_storage) {
        self = withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET: PeerAddress(bytes.loadUnaligned(as: sockaddr_in.self).sin_addr)
            case AF_INET6: PeerAddress(bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
            default: .unknown
            }
        }
    }

    private init(_ four: in_addr) { self.init(.v4(UInt32(bigEndian: four.s_addr))) }

    private init(_ six: in6_addr) {
        self = withUnsafeBytes(of: six) { bytes in
            let high = bytes.loadUnaligned(as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            return PeerAddress(.v6(UInt64(bigEndian: high), UInt64(bigEndian: low)))
        }
    }

    /// Reads a numeric address without brackets, port and zone; nil for any other text.
    package init?(_ text: String) {
        // The kernel's reader would stop at a NUL, and call what is before it an address.
        guard text.utf8.count < INET6_ADDRSTRLEN, text.utf8.allSatisfy({ $0 != 0 }) else {
            return nil
        }
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(four)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(six)
        } else {
            return nil
        }
    }

    /// An address of IPv4, its first byte highest.
    init(four bits: UInt32) { self.init(.v4(bits)) }

    /// An address of IPv6 by its halves, the first byte of each highest.
    init(six high: UInt64, _ low: UInt64) { self.init(.v6(high, low)) }

    /// Makes an address of the bytes of a protocol, in network order; nil unless there are 4 or 16.
    init?(bytes: Span<UInt8>) {
        var words: (UInt64, UInt64) = (0, 0)
        for index in bytes.indices {
            words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(bytes[index]))
        }
        switch bytes.count {
        case 4: self.init(.v4(UInt32(truncatingIfNeeded: words.1)))
        case 16: self.init(.v6(words.0, words.1))
        default: return nil
        }
    }

    /// The first address of the network that this one is in, of so many bits up to `width`.
    func masked(_ length: Int) -> PeerAddress {
        switch address {
        case .none: self
        // A shift by the whole width leaves nothing.
        case .v4(let bits): PeerAddress(.v4(bits & ~(UInt32.max >> length)))
        case .v6(let high, let low):
            PeerAddress(
                six: high & ~(UInt64.max >> length),
                low & ~(UInt64.max >> max(length - 64, 0))
            )
        }
    }

    /// Appends the numeric address, as a log shows it.
    package func append(to out: inout [UInt8]) {
        switch address {
        case .none: out.append(UInt8(ascii: "-"))
        case .v4(let bits):
            for place in 0..<4 {
                if place > 0 { out.append(UInt8(ascii: ".")) }
                out.append(decimal: Int(bits >> (24 - 8 * UInt32(place)) & 0xFF))
            }
        case .v6(let high, let low): Self.append(high, low, to: &out)
        }
    }

    /// The numeric address.
    package var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ high: UInt64, _ low: UInt64, to out: inout [UInt8]) {
        var address = (high.bigEndian, low.bigEndian)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else {
            return out.append(UInt8(ascii: "-"))
        }
        out.append(contentsOf: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
    }
}
