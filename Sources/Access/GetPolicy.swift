import HTTPServer
import Wire

/// Decides which GETs of a browser may begin an answer, which costs money.
///
/// A page of any site can make a browser send a GET, by an image or a link. To a host that is not
/// the loopback, over plain HTTP, browsers send it without `Origin` and `Sec-Fetch-Site`. There a
/// browser must show that one of our own pages asks. Programs need not show anything.
enum GetPolicy {
    private static let cookie = (name: "relay_page", value: "1")

    /// The cookie that comes with every page: because of `Strict`, browsers send it back only for
    /// requests of our own pages.
    ///
    /// Its value is no secret. It is the same for every process, so that an open page can go on
    /// asking after the daemon has restarted.
    static let pageFields: HeaderFields = [
        "Set-Cookie": "\(cookie.name)=\(cookie.value); Path=/; HttpOnly; SameSite=Strict"
    ]

    /// Refuses a GET that would begin an answer.
    ///
    /// - Parameters:
    ///   - head: the request's; its origin may ask, if it has one.
    ///   - host: the kind of host that it names.
    /// - Throws: 503 for a prefetch, 403 if a browser does not show that our own page asks.
    static func check(_ head: RequestHead, host: HostKind) throws(Problem) {
        guard !isSpeculative(head.fields) else { throw notYet }
        // Where a proxy has replaced the host, the browser asked for another one.
        guard host != .loopback || ProxySigns.are(in: head), isOfBrowser(head.fields),
            !isOfOwnPage(head.fields)
        else { return }
        throw unproven(head.host ?? "")
    }

    /// Whether the browser only guesses that the user will ask.
    private static func isSpeculative(_ fields: HeaderFields) -> Bool {
        for name in ["Sec-Purpose", "Purpose", "X-Moz"] {
            guard let purpose = fields.first(name)?.lowercased() else { continue }
            let words = purpose.split { !$0.isLetter }
            if words.contains("prefetch") || words.contains("prerender") { return true }
        }
        return false
    }

    private static func isOfBrowser(_ fields: HeaderFields) -> Bool {
        fields.first("User-Agent")?.contains("Mozilla/") == true
            || fields.first("Accept-Language") != nil || fields.first("Referer") != nil
            || fields.fields.contains { $0.name.lowercased().hasPrefix("sec-") }
    }

    private static func isOfOwnPage(_ fields: HeaderFields) -> Bool {
        fields.first("Sec-Fetch-Site") == "same-origin" || fields.first("Origin") != nil
            || Cookies.value(of: cookie.name, in: fields) == cookie.value
    }

    private static let notYet = Problem.invalid(
        .serviceUnavailable,
        "a prefetch begins no answer; send the request when the user asks",
        code: "prefetch"
    )

    private static func unproven(_ host: String) -> Problem {
        Problem(
            .forbidden,
            type: "permission_error",
            message: "a browser may begin an answer by GET only from this server's own page, whose"
                + " cookie it then sends: open http://\(host)/ first, or ask by POST;"
                + " RELAY_CORS_ORIGINS lists other pages that may",
            code: "foreign_page"
        )
    }
}
