import HTTPServer
import Wire

/// Decides under which names the relay may be reached.
///
/// A page of any origin can make its own name resolve to 127.0.0.1 and then talk to a daemon there
/// as if it were same-origin (DNS rebinding, CVE-2025-66414). The `Host` field still has that name,
/// which this policy refuses. Addresses cannot be rebound, so they pass.
struct HostPolicy: Sendable {
    private let names: Set<String>
    /// The last authority that passed: most requests name the same one.
    private var passed: (authority: String, kind: HostKind) = ("", .loopback)

    init(names: [String]) {
        self.names = Set(names.map { $0.lowercased() })
    }

    /// - Returns: what kind of host the request names, if it is one of ours.
    mutating func check(_ head: RequestHead) throws(Problem) -> HostKind {
        // A request of HTTP/1.0 has no Host, and no browser sends one.
        guard let authority = head.host else { return .loopback }
        guard authority != passed.authority else { return passed.kind }
        let host = Self.host(authority.lowercased())
        let kind = HostKind(host)
        switch kind {
        case .loopback, .address: break
        // Through this address, any page reaches a server on the user's machine, even one that
        // listens only on the loopback, and browsers do not say where such a request comes from.
        case .unspecified:
            throw Self.unknown("\(host) is not a server's address; use localhost or 127.0.0.1")
        case .name:
            guard names.contains(String(host)) || names.contains(authority.lowercased()) else {
                let advice =
                    ProxySigns.are(in: head)
                    ? "; if that is a proxy's name for it, the line \(ProxySigns.line) in nginx"
                        + " passes on the one that the client asked for" : ""
                throw Self.unknown(
                    "this server does not answer for the host \(host);"
                        + " RELAY_HOSTS names those it answers for" + advice
                )
            }
        }
        passed = (authority, kind)
        return kind
    }

    /// The kind of host that an authority names.
    static func kind(_ authority: String) -> HostKind { HostKind(host(authority.lowercased())) }

    private static func unknown(_ message: String) -> Problem {
        .invalid(.misdirectedRequest, message, code: "unknown_host")
    }

    /// An authority without its port.
    private static func host(_ authority: String) -> Substring {
        if authority.hasPrefix("[") {
            let end = authority.firstIndex(of: "]") ?? authority.endIndex
            return authority[authority.index(after: authority.startIndex)..<end]
        }
        return authority.prefix { $0 != ":" }
    }
}
