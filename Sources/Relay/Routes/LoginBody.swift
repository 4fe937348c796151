import Access
import HTTPServer
import Wire

/// What a login sends: `{"key":"…"}`, or the same as a form.
struct LoginBody {
    /// How long it may be: a token is at most `Credential.maxBytes`, three times that as a form.
    static let maxBytes = 32 * 1024

    /// A key's or a token's text, without the blanks and line ends that come with pasting.
    let credential: String
    let isForm: Bool

    /// Reads it.
    ///
    /// - Throws: 400, and never shows what was sent.
    init(_ request: Request) throws(Problem) {
        let type = request.head.fields.first("Content-Type")?.lowercased() ?? ""
        isForm =
            type.hasPrefix("application/x-www-form-urlencoded")
            && request.body.first != UInt8(ascii: "{")
        let key =
            isForm
            ? QueryItems(String(decoding: request.body, as: UTF8.self))?["key"]
            : (try? JSON.parse(request.body.span))?["key"]?.stringValue
        guard let key else {
            throw .invalid(
                "expected {\"key\":\"…\"} with a key of this relay or a token, or a form with key",
                code: "key"
            )
        }
        var text = key.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        guard (1...Credential.maxBytes).contains(text.utf8.count) else {
            throw .invalid("key", expected: "1 to \(Credential.maxBytes) bytes")
        }
        credential = String(text)
    }
}
