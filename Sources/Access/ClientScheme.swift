package import Wire

/// Whether a browser asks over TLS, which ends at a proxy in front of the relay.
package enum ClientScheme {
    /// Whether a request came over https, as far as it shows.
    ///
    /// A client that says so wrongly gets a cookie that its browser does not keep: nobody else is
    /// harmed.
    package static func isSecure(_ head: RequestHead) -> Bool {
        if let origin = head.fields.first("Origin") {
            return origin.lowercased().hasPrefix("https://")
        }
        return isForwardedSecure(head)
    }

    /// Whether a proxy says that a request came over https, whatever page has made it.
    static func isForwardedSecure(_ head: RequestHead) -> Bool {
        let scheme = head.fields.first("X-Forwarded-Proto")?.prefix { $0 != "," && $0 != " " }
        return scheme?.lowercased() == "https"
    }
}
