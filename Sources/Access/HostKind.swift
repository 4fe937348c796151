import Glibc
import Wire

/// The kind of host that a request names, by its text alone.
package enum HostKind: Sendable, Equatable {
    /// This machine, by a name or address under which no other machine can be reached.
    case loopback
    /// The unspecified address (`0.0.0.0`, `[::]`), which kernels take for this machine.
    case unspecified
    /// Any other address: it cannot be made to resolve to another machine.
    case address
    /// A name, or anything that a browser does not take for an address.
    case name

    /// Reads a host in small letters, without port or brackets.
    init(_ host: Substring) {
        if host == "localhost" || host.hasSuffix(".localhost") || host.isEmpty {
            self = .loopback
        } else if host.contains(":") {
            self = Self.six(host)
        } else if Self.isZero(host) {
            self = .unspecified
        } else {
            self = Self.four(host)
        }
    }

    private static func four(_ host: Substring) -> HostKind {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return .name }
        for part in parts {
            guard let number = parseDecimal(String(part)), number <= 255 else { return .name }
        }
        return parseDecimal(String(parts[0])) == 127 ? .loopback : .address
    }

    /// Whether it is `0.0.0.0` in any of the forms that the URL standard allows: with fewer parts,
    /// with more zeros, in hexadecimal, with a dot at the end.
    private static func isZero(_ host: Substring) -> Bool {
        var parts = host.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        return parts.count <= 4
            && parts.allSatisfy { part in
                guard !part.isEmpty else { return false }
                let digits = part.hasPrefix("0x") ? part.dropFirst(2) : part
                return digits.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
            }
    }

    private static func six(_ host: Substring) -> HostKind {
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(host), &address) == 1 else { return .name }
        let bytes = withUnsafeBytes(of: address) { Array($0) }
        // An IPv4 address as IPv6 writes it. Browsers reach the loopback under it, but do not treat
        // it as such: they do not say where a request comes from.
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        let zeros = [UInt8](repeating: 0, count: 12)
        let isMapped = bytes.starts(with: mapped)
        if isMapped || bytes.starts(with: zeros) {
            switch Array(bytes[12...]) {
            case [0, 0, 0, 0]: return .unspecified
            case [0, 0, 0, 1] where !isMapped: return .loopback
            default: return .address
            }
        }
        return .address
    }
}
