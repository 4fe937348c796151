import HTTPServer
import Wire

/// Which pages may make a browser ask: a page of a foreign origin must not spend the key.
///
/// Since JSON is accepted whatever `Content-Type` says, a browser would send such requests without
/// a preflight; the check is made on the request itself.
struct OriginPolicy: Sendable {
    private let origins: Set<String>
    private let allowsAll: Bool

    init(origins: [String]) {
        self.origins = Set(origins.map { $0.lowercased() })
        allowsAll = origins.contains("*")
    }

    /// The fields that let a listed page read an answer; none for our own page and for programs.
    func responseFields(_ head: RequestHead) -> HeaderFields {
        guard !origins.isEmpty else { return [:] }
        if allowsAll {
            return ["Access-Control-Allow-Origin": "*", Self.exposed.name: Self.exposed.value]
        }
        guard let origin = head.fields.first("Origin"), !isOwn(origin, head), isListed(origin)
        else {
            // A cache must not give this answer to a listed page.
            return ["Vary": "Origin"]
        }
        return [
            "Access-Control-Allow-Origin": origin, Self.exposed.name: Self.exposed.value,
            "Vary": "Origin",
        ]
    }

    /// What pages may read of an answer's head; the last two are what OpenAI's libraries look for.
    private static let exposed = (
        name: "Access-Control-Expose-Headers",
        value: "X-Stream-Id, Retry-After, retry-after-ms, x-should-retry"
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
        return fields
    }

    /// Refuses what a foreign page asks.
    func check(_ head: RequestHead) throws(Problem) {
        if let origin = head.fields.first("Origin") {
            guard isOwn(origin, head) || isListed(origin) else { throw Self.foreign(origin) }
            return
        }
        // Images, links and forms of other sites carry no Origin with GET, but browsers say where
        // the request comes from.
        switch head.fields.first("Sec-Fetch-Site") {
        case "cross-site"?, "same-site"?: throw Self.foreign("another site")
        default: return
        }
    }

    private func isOwn(_ origin: String, _ head: RequestHead) -> Bool {
        guard let host = head.host?.lowercased() else { return false }
        let origin = origin.lowercased()
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    private func isListed(_ origin: String) -> Bool {
        allowsAll || origins.contains(origin.lowercased())
    }

    private static func foreign(_ origin: String) -> Problem {
        Problem(
            .forbidden,
            type: "permission_error",
            message: "pages of \(origin) may not ask here; RELAY_CORS_ORIGINS lists those that may",
            code: "foreign_origin"
        )
    }
}
