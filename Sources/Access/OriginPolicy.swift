import HTTPServer
import Wire

/// Decides which pages may make a browser ask: a page of a foreign origin must not spend the key.
///
/// JSON is accepted whatever `Content-Type` says, so a browser sends such requests without a
/// preflight. Hence the request itself is checked.
struct OriginPolicy: Sendable {
    private let origins: Set<String>
    private let allowsAll: Bool

    init(origins: [String]) {
        self.origins = Set(origins.map { $0.lowercased() })
        allowsAll = origins.contains("*")
    }

    /// The fields that let a listed page read an answer; none for our own page or for programs.
    func responseFields(_ head: RequestHead) -> HeaderFields {
        guard !origins.isEmpty else { return [:] }
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

    /// Refuses a request of a foreign page.
    func check(_ head: RequestHead) throws(Problem) {
        if let origin = head.fields.first("Origin") {
            guard isOwn(origin, head) || isListed(origin) else { throw Self.foreign(origin) }
            return
        }
        // A GET by an image, link or form of another site has no Origin, but browsers say where it
        // comes from.
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
