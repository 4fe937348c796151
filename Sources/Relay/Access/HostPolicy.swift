import HTTPServer
import Wire

/// Under which names the relay may be reached.
///
/// A page of any origin can make its own name resolve to 127.0.0.1 and then talk to a daemon there
/// as if it were same-origin (DNS rebinding, CVE-2025-66414). The `Host` field still carries that
/// name, and this refuses it. Addresses cannot be rebound, so they pass.
struct HostPolicy: Sendable {
    private let names: Set<String>
    /// The authority that passed last: most requests name the same.
    private var passed = ""

    init(names: [String]) {
        self.names = Set(names.map { $0.lowercased() })
    }

    mutating func check(_ head: RequestHead) throws(Problem) {
        // HTTP/1.0 has no Host, and no browser speaks it.
        guard let authority = head.host, authority != passed else { return }
        let host = Self.host(authority).lowercased()
        let isLocal = host == "localhost" || host.hasSuffix(".localhost") || host.isEmpty
        guard !isLocal, !Self.isAddress(host), !names.contains(host),
            !names.contains(authority.lowercased())
        else {
            passed = authority
            return
        }
        throw Problem(
            .misdirectedRequest,
            type: "invalid_request_error",
            message: "this server does not answer for the host \(host);"
                + " RELAY_HOSTS names those it answers for",
            code: "unknown_host"
        )
    }

    /// An authority without its port.
    private static func host(_ authority: String) -> Substring {
        if authority.hasPrefix("[") {
            let end = authority.firstIndex(of: "]") ?? authority.endIndex
            return authority[authority.index(after: authority.startIndex)..<end]
        }
        return authority.prefix { $0 != ":" }
    }

    private static func isAddress(_ host: String) -> Bool {
        // Only an IPv6 address has a colon here: a port's is gone.
        if host.contains(":") { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard let number = parseDecimal(String(part)) else { return false }
                return number <= 255
            }
    }
}
