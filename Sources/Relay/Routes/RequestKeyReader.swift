import ChatFormats
import Generations
import HTTPServer
import Wire

/// Reads the name that a client gave its question.
enum RequestKeyReader {
    /// Reads the key of a request.
    ///
    /// - Parameters:
    ///   - head: may have `Idempotency-Key`.
    ///   - chat: may have an id that the client chose, and says what is asked.
    ///   - name: the id's name in that request.
    ///   - owner: who asks: every caller has keys of its own.
    /// - Returns: nil where the request has none.
    /// - Throws: 400 for a key that is not valid, and for two different ones.
    static func key(
        of head: RequestHead,
        _ chat: ChatRequest,
        idIn name: String,
        owner: String?
    ) throws(Problem) -> RequestKey? {
        // Most requests have none, and that is cheap to see.
        guard chat.id != nil || head.fields.first("Idempotency-Key") != nil else { return nil }
        var keys: [(text: String, name: String)] = head.fields.all("Idempotency-Key").map {
            ($0, "Idempotency-Key")
        }
        if let id = chat.id { keys.append((id, name)) }
        guard let (text, name) = keys.first else { return nil }
        if let other = keys.first(where: { !equals($0.text, text) }) {
            throw refusal(other.name, "expected the key that \(name) names")
        }
        guard (1...RequestKey.maxBytes).contains(text.utf8.count) else {
            let found = "\(text.utf8.count) bytes"
            throw refusal(name, "expected 1 to \(RequestKey.maxBytes) bytes, found \(found)")
        }
        if let byte = text.utf8.first(where: { !(0x21...0x7E).contains($0) }) {
            throw refusal(name, "expected visible ASCII, found byte \(byte)")
        }
        return RequestKey(owner: owner, text: text, fingerprint: .of(chat))
    }

    private static func refusal(_ name: String, _ message: String) -> Problem {
        .invalid(
            "\(name): \(message)",
            code: name == "Idempotency-Key" ? "idempotency_key" : name
        )
    }
}
