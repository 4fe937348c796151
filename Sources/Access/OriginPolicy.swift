import HTTPServer
import Wire

/// Decides which pages may make a browser ask: a page of a foreign origin must not spend the key.
///
/// JSON is accepted whatever `Content-Type` says, so a browser sends such requests without a
/// preflight. Hence the request itself is checked.
struct OriginPolicy: Sendable {
    /// As `Origin.text` has them.
    private let origins: Set<String>
    private let allowsAll: Bool
    /// Names under which the server is reached, in small letters; some with a port.
    private let hosts: Set<String>

    init(origins: [String], hosts: [String] = []) {
        self.origins = Set(origins.compactMap { origin in (try? Origin(origin))?.text })
        allowsAll = origins.contains("*")
        self.hosts = Set(hosts.map { $0.lowercased() })
    }

    /// The fields that let a listed page read an answer; none for our own page or for programs.
    func responseFields(_ head: RequestHead) -> HeaderFields {
        guard allowsAll || !origins.isEmpty else { return [:] }
        if allowsAll {
            return ["Access-Control-Allow-Origin": "*", Self.exposed.name: Self.exposed.value]
        }
        guard let origin = head.fields.first("Origin"), !isOwn(origin, head), isListed(origin)
        else {
            // A cache must not serve this answer to a listed page.
            return ["Vary": "Origin"]
        }
        return [
            "Access-Control-Allow-Origin": origin, Self.exposed.name: Self.exposed.value,
            "Vary": "Origin",
        ]
    }

    /// The fields of an answer that pages may read; OpenAI's libraries look for the last two.
    private static let exposed = (
        name: "Access-Control-Expose-Headers",
        value: "X-Stream-Id, X-Request-Id, Retry-After, retry-after-ms, x-should-retry"
    )

    /// The answer to a preflight (Fetch Standard, CORS-preflight fetch).
    func preflightFields(_ head: RequestHead, methods: String) -> HeaderFields {
        guard let origin = head.fields.first("Origin"), isListed(origin) else { return [:] }
        var fields: HeaderFields = [
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Max-Age": "600",
        ]
        if let wanted = head.fields.first("Access-Control-Request-Headers") {
            fields.append("Access-Control-Allow-Headers", wanted)
        }
        // Some browsers ask before a page of the Internet reaches this machine or its network
        // (Private Network Access, §3.1.1).
        if head.fields.first("Access-Control-Request-Private-Network") == "true" {
            fields.append("Access-Control-Allow-Private-Network", "true")
        }
        return fields
    }

    /// Refuses a request of a foreign page.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - isSecure: whether it is known to come by https. Then a page of our name by plain http is
    ///     a foreign one: whoever is on its way can write such a page.
    /// - Throws: 403.
    func check(_ head: RequestHead, isSecure: Bool = false) throws(Problem) {
        if let origin = head.fields.first("Origin") {
            let mayBeOurs = !isSecure || !origin.lowercased().hasPrefix("http:")
            guard mayBeOurs && (isOwn(origin, head) || isOfOurHosts(origin)) || isListed(origin)
            else {
                throw Self.foreign(origin, ProxySigns.advice(head, origin: try? Origin(origin)))
            }
            return
        }
        // A GET by an image, link or form of another site has no Origin, but browsers say where it
        // comes from.
        switch head.fields.first("Sec-Fetch-Site") {
        case "cross-site"?, "same-site"?: throw Self.foreign("another site")
        default: return
        }
    }

    /// Refuses a request that nothing shows to come from a page of this server itself.
    ///
    /// Browsers send `Origin` with each POST and DELETE of a page, and `Sec-Fetch-Site` wherever
    /// the line is safe (Fetch Standard §3.2; Fetch Metadata §2.3). A page that is listed is still
    /// another one: it has a credential of its own.
    func checkIsOwnPage(_ head: RequestHead) throws(Problem) {
        guard !isOwnPage(head) else { return }
        guard let origin = head.fields.first("Origin") else { throw Self.unproven }
        let advice = ProxySigns.advice(head, origin: try? Origin(origin))
        throw Self.notOwn("pages of \(origin) may not do that" + advice)
    }

    /// Whether a request shows that it comes from a page of this server itself.
    func isOwnPage(_ head: RequestHead) -> Bool {
        guard let origin = head.fields.first("Origin") else {
            return head.fields.first("Sec-Fetch-Site") == "same-origin"
        }
        return isOwn(origin, head) || isOfOurHosts(origin)
    }

    /// The refusal of what nothing shows to come from there.
    static let unproven = notOwn("this request shows no Origin of such a page")

    private static func notOwn(_ words: String) -> Problem {
        Problem(
            .forbidden,
            type: "permission_error",
            message: "a session is for this server's own page alone; \(words);"
                + " programs and other pages send a key, a token or a ticket",
            code: "foreign_page"
        )
    }

    /// Whether the page is of the host that the request names.
    private func isOwn(_ origin: String, _ head: RequestHead) -> Bool {
        guard let host = head.host?.lowercased() else { return false }
        let origin = origin.lowercased()
        if origin == "http://\(host)" || origin == "https://\(host)" { return true }
        // A proxy may write the default port, which browsers leave out.
        guard let origin = try? Origin(origin) else { return false }
        return ["http", "https"].contains { (try? Origin("\($0)://\(host)")) == origin }
    }

    /// Whether the page is of a name under which the server is reached, whatever `Host` says: a
    /// proxy may have replaced that by its own name for the server, as nginx does unless told.
    ///
    /// No other page can have such an origin: browsers write it, and a name that resolves to this
    /// machine for an attack (DNS rebinding) is not on the list. With a port, it is another
    /// server's page unless the list has that port.
    private func isOfOurHosts(_ origin: String) -> Bool {
        guard !hosts.isEmpty, let origin = try? Origin(origin), origin.isOfWeb else { return false }
        if hosts.contains(origin.authority) { return true }
        let isPlain = origin.authority == origin.host || origin.authority == "[\(origin.host)]"
        return isPlain && ["", ":80", ":443"].contains { hosts.contains(origin.host + $0) }
    }

    private func isListed(_ origin: String) -> Bool {
        if allowsAll || origins.contains(origin) { return true }
        guard !origins.isEmpty, let origin = try? Origin(origin) else { return false }
        return origins.contains(origin.text)
    }

    private static func foreign(_ origin: String, _ advice: String = "") -> Problem {
        Problem(
            .forbidden,
            type: "permission_error",
            message: "pages of \(origin) may not ask here; RELAY_CORS_ORIGINS lists those that may"
                + advice,
            code: "foreign_origin"
        )
    }
}
