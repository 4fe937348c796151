package import Wire

/// The cookie by which a browser is known again, after somebody has logged in with it.
package enum SessionCookie {
    /// Over TLS: browsers take a cookie of this name from this very host alone, and never over
    /// plain HTTP (RFC 6265bis §4.1.3.2).
    static let secureName = "__Host-relay_session"
    /// Over plain HTTP, where browsers take no cookie that is `Secure`.
    static let plainName = "relay_session"
    /// Its value tells the page whether somebody is logged in, and users apart; it proves nothing.
    static let userName = "relay_user"

    /// The session's ticket; nil where there is none.
    ///
    /// Over TLS the other name does not count: a page by plain HTTP, or another host of the same
    /// domain, can set a cookie of that name, and so have somebody ask as somebody else.
    static func value(in head: RequestHead) -> String? {
        if let value = Cookies.value(of: secureName, in: head.fields) { return value }
        return ClientScheme.isForwardedSecure(head)
            ? nil : Cookies.value(of: plainName, in: head.fields)
    }

    /// The fields that make a browser keep a session.
    ///
    /// `Strict` keeps it out of every request that another site has caused.
    package static func fields(_ session: Session, isSecure: Bool) -> HeaderFields {
        let name = isSecure ? secureName : plainName
        let end = "Path=/; \(isSecure ? "Secure; " : "")SameSite=Strict; Max-Age=\(session.seconds)"
        var fields: HeaderFields = ["Set-Cookie": "\(name)=\(session.text); HttpOnly; \(end)"]
        fields.append("Set-Cookie", "\(userName)=\(session.user); \(end)")
        return fields
    }

    /// The fields that make a browser forget it, by whichever name it has it.
    package static func noFields(isSecure: Bool) -> HeaderFields {
        var fields: HeaderFields = [:]
        let end = "Path=/; SameSite=Strict; Max-Age=0"
        fields.append("Set-Cookie", "\(plainName)=; HttpOnly; \(end)")
        fields.append("Set-Cookie", "\(userName)=; \(end)")
        // Over plain HTTP browsers would refuse it, and say so in the console.
        if isSecure { fields.append("Set-Cookie", "\(secureName)=; HttpOnly; Secure; \(end)") }
        return fields
    }
}

/// A session that has begun.
package struct Session: Sendable, Equatable {
    /// The ticket's text, which is a secret.
    let text: String
    /// Tells this user from others, and says nothing else about them.
    let user: String
    /// Whose it is; see `Caller.id`.
    package let owner: String?
    /// How long it lasts.
    let seconds: Int
}
