import Glibc

/// The proxy that libcurl takes from the environment (curl(1), ENVIRONMENT), to be named in errors.
package enum ProxyEnvironment {
    /// A proxy, and the variable that names it.
    package struct Proxy: Sendable, Equatable {
        /// The variable, as it is spelled there.
        package let variable: String
        /// Its address, which may hold a password.
        package let url: String
    }

    /// The proxy for a URL.
    ///
    /// - Parameters:
    ///   - url: what is asked.
    ///   - read: reads a variable; the process's own by default.
    /// - Returns: nil where the URL is asked directly.
    package static func proxy(
        for url: String,
        read: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) -> Proxy? {
        let isSecure = url.lowercased().hasPrefix("https:")
        // HTTP_PROXY is what a CGI script's client sends as the field "Proxy", so libcurl does not
        // read it.
        let names =
            (isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"])
            + ["all_proxy", "ALL_PROXY"]
        for name in names {
            guard let proxy = read(name), !proxy.isEmpty else { continue }
            let exceptions = read("no_proxy") ?? read("NO_PROXY") ?? ""
            return isExcepted(host(of: url), exceptions) ? nil : Proxy(variable: name, url: proxy)
        }
        return nil
    }

    private static func host(of url: String) -> String {
        var rest = Substring(url)
        if let slashes = rest.firstIndex(of: "/") { rest = rest[slashes...].drop { $0 == "/" } }
        var authority = rest.prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") { authority = authority[at...].dropFirst() }
        if authority.hasPrefix("[") {
            return String(authority.dropFirst().prefix { $0 != "]" }).lowercased()
        }
        return String(authority.prefix { $0 != ":" }).lowercased()
    }

    /// Whether the list names the host, or a domain that it belongs to.
    private static func isExcepted(_ host: String, _ list: String) -> Bool {
        list.lowercased().split { $0 == "," || $0 == " " }.contains { item in
            if item == "*" { return true }
            var item = item.drop { $0 == "." || $0 == "[" }
            while item.last == "." || item.last == "]" { item.removeLast() }
            return !item.isEmpty && (host == item || host.hasSuffix(".\(item)"))
        }
    }
}
