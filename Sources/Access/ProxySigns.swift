import Wire

/// What shows that a proxy has passed a request on, and perhaps replaced its `Host`.
enum ProxySigns {
    private static let fields = ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"]

    /// Whether a proxy's fields are there, or the version that nginx speaks to servers unless told:
    /// no browser speaks it.
    static func are(in head: RequestHead) -> Bool {
        head.minorVersion == 0 && head.host != nil
            || fields.contains { head.fields.first($0) != nil }
    }

    /// What to say after a refusal that a replaced `Host` may be the reason for.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - origin: the page's; nil where it has none, or one that cannot be read.
    /// - Returns: a part of a sentence; empty where nothing points to a proxy.
    static func advice(_ head: RequestHead, origin: Origin?) -> String {
        guard let origin, origin.isOfWeb, HostKind(origin.host[...]) != .loopback else { return "" }
        let isAtLoopback = head.host.map { HostPolicy.kind($0) == .loopback } ?? true
        guard are(in: head) || isAtLoopback else { return "" }
        return "; if \(origin.text) is where this server itself is reached, its proxy has to pass"
            + " the name on, by the line \(line) in nginx, and RELAY_HOSTS has to list it"
    }

    /// What makes nginx leave `Host` as the client sent it.
    static let line = "proxy_set_header Host $http_host;"
}
