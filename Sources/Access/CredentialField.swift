import Wire

/// The one field of a request that says who asks, as it came; or the session in its cookie.
struct CredentialField: Hashable, Sendable {
    private enum Name: Hashable, Sendable {
        case authorization, apiKey, session
    }

    private let name: Name
    private let value: String

    /// Finds it; nil where there is none, or more than one.
    ///
    /// The cookie, which browsers send by themselves, counts where there is no other.
    init?(onlyOneOf head: RequestHead) {
        var found: CredentialField?
        var hasCookie = false
        for field in head.fields.fields {
            guard let name = Self.name(field.name) else { continue }
            guard name != .session else {
                hasCookie = true
                continue
            }
            guard found == nil, field.value.utf8.count <= Credential.maxBytes else { return nil }
            found = CredentialField(name: name, value: field.value)
        }
        if found == nil, hasCookie, let session = SessionCookie.value(in: head),
            session.utf8.count <= SignedTicket.maxBytes
        {
            found = CredentialField(name: .session, value: session)
        }
        guard let found else { return nil }
        self = found
    }

    private init(name: Name, value: String) {
        self.name = name
        self.value = value
    }

    private static func name(_ text: String) -> Name? {
        let text = text.utf8.span
        switch text.count {
        case 13: return equalsIgnoringCase(text, "authorization") ? .authorization : nil
        case 6: return equalsIgnoringCase(text, "cookie") ? .session : nil
        case 9: return equalsIgnoringCase(text, "x-api-key") ? .apiKey : nil
        case 7: return equalsIgnoringCase(text, "api-key") ? .apiKey : nil
        default: return nil
        }
    }
}
