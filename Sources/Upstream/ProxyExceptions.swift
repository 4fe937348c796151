/// The hosts that `no_proxy` lists, which are reached without a proxy (`Curl_check_noproxy` in
/// libcurl's lib/noproxy.c).
struct ProxyExceptions {
    private let list: String

    init(_ list: String) { self.list = list }

    /// Whether it lists a host, which is a name or an address in small letters, without brackets.
    func contains(_ host: String) -> Bool {
        if list == "*" { return true }
        let four = UpstreamHost.four(host)
        let address = four ?? UpstreamHost.six(host)
        let items = list.lowercased().split { ", \t".contains($0) }
        return items.contains { item in
            guard let address else { return Self.names(item, host) }
            let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let text = parts[0].filter { !"[]".contains($0) }
            let network = four == nil ? UpstreamHost.six(text) : UpstreamHost.four(text)
            guard let network else { return false }
            let bits = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            return Self.isEqual(address, network, bits: bits == 0 ? 8 * address.count : bits)
        }
    }

    /// Whether an item names a host or a domain that the host is in; dots at its ends mean nothing.
    private static func names(_ item: Substring, _ host: String) -> Bool {
        var name = item
        if name.hasSuffix(".") { name.removeLast() }
        if name.hasPrefix(".") { name.removeFirst() }
        return !name.isEmpty && (host == name || host.hasSuffix(".\(name)"))
    }

    private static func isEqual(_ address: [UInt8], _ network: [UInt8], bits: Int) -> Bool {
        guard (0...(8 * address.count)).contains(bits) else { return false }
        let (bytes, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard address[..<bytes] == network[..<bytes] else { return false }
        return rest == 0 || (address[bytes] ^ network[bytes]) >> (8 - rest) == 0
    }
}
