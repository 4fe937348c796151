import Glibc

/// The scheme and the host of an upstream's URL, as libcurl reads them.
struct UpstreamHost {
    /// In small letters.
    let scheme: String
    /// A name or an address in small letters, without brackets, port, zone and final dot.
    let name: String

    /// Reads a URL; nil where it has no scheme or no host.
    init?(ofURL url: String) {
        guard let mark = url.firstRange(of: "://") else { return nil }
        scheme = url[..<mark.lowerBound].lowercased()
        var authority = url[mark.upperBound...].prefix { !"/?#".contains($0) }
        // A password may hold an `@` that should have been encoded; the last one ends it.
        if let at = authority.lastIndex(of: "@") { authority = authority[at...].dropFirst() }
        if authority.hasPrefix("[") {
            name = authority.dropFirst().prefix { !"]%".contains($0) }.lowercased()
        } else {
            let host = authority.prefix { $0 != ":" }.lowercased()
            name = host.hasSuffix(".") ? String(host.dropLast()) : host
        }
        guard !name.isEmpty else { return nil }
    }

    /// Whether only this machine can be meant: `localhost` and the names below it (RFC 6761 §6.3),
    /// `127.0.0.0/8` (RFC 1122 §3.2.1.3), `::1`, and the unspecified addresses, which kernels take
    /// for it.
    var isLoopback: Bool {
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        // It knows 127.1 and 0x7f000001 as well, which libcurl also takes for addresses.
        var four = in_addr()
        if inet_aton(name, &four) == 1 { return Self.isLoopback(UInt32(bigEndian: four.s_addr)) }
        guard let bytes = Self.six(name) else { return false }
        let last = bytes[12...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard bytes[..<10].allSatisfy({ $0 == 0 }) else { return false }
        switch (bytes[10], bytes[11]) {
        case (0, 0): return last <= 1
        // An IPv4 address as IPv6 writes it (RFC 4291 §2.5.5.2).
        case (0xFF, 0xFF): return Self.isLoopback(last)
        default: return false
        }
    }

    private static func isLoopback(_ four: UInt32) -> Bool { four >> 24 == 127 || four == 0 }

    /// The four bytes of an IPv4 address; nil for anything else.
    static func four(_ text: String) -> [UInt8]? {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    /// The sixteen bytes of an IPv6 address; nil for anything else.
    static func six(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }
}
