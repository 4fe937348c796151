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
    ///   - chat: may have an id of the client's, and says what is asked.
    ///   - place: what that id was called there.
    ///   - owner: who asks: everybody's keys are their own.
    /// - Returns: nil where it has none.
    /// - Throws: 400 for what is no key, and for two of them.
    static func key(
        of head: RequestHead,
        _ chat: ChatRequest,
        idIn place: String,
        owner: String?
    ) throws(Problem) -> RequestKey? {
        // Most have none, and that is cheap to see.
        guard chat.id != nil || head.fields.first("Idempotency-Key") != nil else { return nil }
        var names: [(text: String, place: String)] = head.fields.all("Idempotency-Key").map {
            ($0, "Idempotency-Key")
        }
        if let id = chat.id { names.append((id, place)) }
        guard let (text, place) = names.first else { return nil }
        if let other = names.first(where: { !equals($0.text, text) }) {
            throw refusal(other.place, "expected the key that \(place) names")
        }
        guard (1...RequestKey.maxBytes).contains(text.utf8.count) else {
            let found = "\(text.utf8.count) bytes"
            throw refusal(place, "expected 1 to \(RequestKey.maxBytes) bytes, found \(found)")
        }
        if let byte = text.utf8.first(where: { !(0x21...0x7E).contains($0) }) {
            throw refusal(place, "expected visible ASCII, found byte \(byte)")
        }
        return RequestKey(owner: owner, text: text, fingerprint: .of(chat))
    }

    private static func refusal(_ place: String, _ message: String) -> Problem {
        .invalid(
            "\(place): \(message)",
            code: place == "Idempotency-Key" ? "idempotency_key" : place
        )
    }
}
