import ChatFormats
import Wire

extension [ChatRequest.Message] {
    /// How many tokens they are, as estimated: four bytes each, and four for a message's frame.
    var tokens: Int { reduce(0) { $0 + 4 + TokenEstimate.tokens($1) } }
}

/// Estimates tokens without a vendor's tokenizer.
///
/// What is not text has far fewer tokens than its base64 has bytes; counted by those, one picture
/// would leave no room for anything else.
enum TokenEstimate {
    /// An image is scaled down to about this at all vendors, and a page of a document is no less.
    static let imageTokens = 1500
    /// Bytes of base64 in a page of a document: tables and scans have more, plain pages fewer.
    private static let bytesOfPage = 64 * 1024
    /// Bytes of base64 in a token of sound: ten tokens are a second, of 16 kB in common formats.
    private static let bytesOfSound = 2048

    static func tokens(_ message: ChatRequest.Message) -> Int {
        guard let original = message.original else { return message.text.utf8.count / 4 }
        return ((original.members ?? []) + message.thought).reduce(0) { $0 + tokens($1.value) }
    }

    private static func tokens(_ value: JSON) -> Int {
        if let parts = value.arrayValue { return parts.reduce(0) { $0 + tokens($1) } }
        switch value["type"]?.stringValue {
        case "image_url", "image", "input_image": return imageTokens
        case "input_audio": return bytes(value) / bytesOfSound
        case "file", "document":
            // A document may also be given as text.
            guard value["source"]?["type"]?.stringValue != "text" else { return bytes(value) / 4 }
            return imageTokens * (1 + bytes(value) / bytesOfPage)
        case "tool_result": return tokens(value["content"] ?? .null) + 4
        default: return bytes(value) / 4
        }
    }

    private static func bytes(_ value: JSON) -> Int {
        var text: [UInt8] = []
        value.write(into: &text)
        return text.count
    }
}
