import Glibc

/// The variables that name proxies, and which proxy libcurl takes by them.
///
/// libcurl reads them itself and says nowhere what it found: so its rules are written once more
/// here (`detect_proxy` in its lib/url.c, and its manual page libcurl-env).
package struct ProxyVariables: Sendable {
    /// A proxy, and who names it.
    package struct Proxy: Sendable, Equatable {
        /// Its URL with a scheme; it may hold a user and a password, which nobody may be shown.
        package let url: String
        /// The name of the variable.
        package let variable: String
    }

    private let value: @Sendable (String) -> String?

    /// Reads variables by their names; an empty one counts as not set, as libcurl has it.
    package init(_ value: @escaping @Sendable (String) -> String?) { self.value = value }

    /// Those of the process: libcurl looks nowhere else.
    package static let ofProcess = ProxyVariables { name in
        getenv(name).map { String(cString: $0) }
    }

    /// Whether an upstream is on this machine, which is never reached through a proxy.
    package static func isLoopback(_ url: String) -> Bool {
        UpstreamHost(ofURL: url)?.isLoopback ?? false
    }

    /// The proxy through which a URL is reached; nil where it is reached directly.
    package func proxy(for url: String) -> Proxy? {
        guard let host = UpstreamHost(ofURL: url), !host.isLoopback else { return nil }
        if let list = first(["no_proxy", "NO_PROXY"])?.value,
            ProxyExceptions(list).contains(host.name)
        {
            return nil
        }
        var names = ["\(host.scheme)_proxy", "all_proxy", "ALL_PROXY"]
        // A CGI server sets HTTP_PROXY to what a client sent as `Proxy:` (CVE-2016-5385).
        if host.scheme != "http" { names.insert("\(host.scheme.uppercased())_PROXY", at: 1) }
        guard let found = first(names) else { return nil }
        let isWhole = found.value.contains("://")
        return Proxy(
            url: isWhole ? found.value : "http://\(found.value)",
            variable: found.name
        )
    }

    private func first(_ names: [String]) -> (name: String, value: String)? {
        for name in names {
            if let value = value(name), !value.isEmpty { return (name, value) }
        }
        return nil
    }
}
