import Glibc
import Wire

/// Where a connection comes from: an address without its port.
///
/// Seventeen bytes instead of the kernel's 128: every connection and every request holds one.
package struct PeerAddress: Sendable, CustomStringConvertible {
    private enum Address: Sendable {
        case none
        /// In network order.
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
            case .v4(let bits): PeerAddress(address: .v4(bits)).description
            case .v6(let first): PeerAddress(address: .v6(first, 0)).description + "/64"
            }
        }
    }

    private let address: Address

    /// Where it comes from, as far as that is counted; nil for this machine.
    ///
    /// A proxy on this machine has one address for all of its clients.
    package var site: Site? {
        switch address {
        case .none: return nil
        case .v4(let bits): return Self.site(bits)
        case .v6(let first, let second):
            let (high, low) = (UInt64(bigEndian: first), UInt64(bigEndian: second))
            guard high == 0 else { return .v6(first) }
            // An IPv4 address as a socket of IPv6 has it (RFC 4291 §2.5.5.2).
            if low >> 32 == 0xFFFF { return Self.site(UInt32(truncatingIfNeeded: low).bigEndian) }
            return low == 1 ? nil : .v6(first)
        }
    }

    private static func site(_ bits: UInt32) -> Site? {
        UInt32(bigEndian: bits) >> 24 == 127 ? nil : .v4(bits)
    }

    private init(address: Address) { self.address = address }

    init(_ storage: sockaddr_storage) {
        address = withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET: .v4(bytes.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr)
            case AF_INET6:
                withUnsafeBytes(of: bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr) {
                    .v6(
                        $0.loadUnaligned(as: UInt64.self),
                        $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                    )
                }
            default: .none
            }
        }
    }

    /// Appends the numeric address, as a log shows it.
    package func append(to out: inout [UInt8]) {
        switch address {
        case .none: out.append(UInt8(ascii: "-"))
        case .v4(let bits):
            for place in 0..<4 {
                if place > 0 { out.append(UInt8(ascii: ".")) }
                out.append(decimal: Int(UInt32(bigEndian: bits) >> (24 - 8 * UInt32(place)) & 0xFF))
            }
        case .v6(let first, let second): Self.append(first, second, to: &out)
        }
    }

    /// The numeric address.
    package var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ first: UInt64, _ second: UInt64, to out: inout [UInt8]) {
        var address = (first, second)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else {
            return out.append(UInt8(ascii: "-"))
        }
        out.append(contentsOf: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
    }
}
