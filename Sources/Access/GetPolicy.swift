import HTTPServer
import Wire

/// Which GETs of a browser may begin an answer, which costs something.
///
/// A page of any site makes a browser send a GET, by an image or a link. Under a host that is not
/// the loopback, over plain HTTP, browsers send neither `Origin` nor `Sec-Fetch-Site` with it;
/// there a browser has to show that one of our own pages asks. Programs are not asked for anything.
enum GetPolicy {
    private static let cookie = (name: "relay_page", value: "1")

    /// Comes with every page: the browser sends it for pages of our own alone, because of `Strict`.
    ///
    /// Anybody may know its value. It is the same for every process, so that a page that is open
    /// while the daemon is started anew can go on asking.
    static let pageFields: HeaderFields = [
        "Set-Cookie": "\(cookie.name)=\(cookie.value); Path=/; HttpOnly; SameSite=Strict"
    ]

    /// Refuses a GET that would begin an answer.
    ///
    /// - Parameters:
    ///   - head: one whose origin may ask, if it has any.
    ///   - host: what it calls this server.
    /// - Throws: 503 for a prefetch, 403 where a browser does not show that our own page asks.
    static func check(_ head: RequestHead, host: HostKind) throws(Problem) {
        guard !isSpeculative(head.fields) else { throw notYet }
        guard host != .loopback, isOfBrowser(head.fields), !isOfOwnPage(head.fields) else { return }
        throw unproven(head.host ?? "")
    }

    /// Whether nobody has asked yet: the browser only guesses that somebody will.
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
        "a prefetch begins no answer; ask when somebody wants it",
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
