import Wire

/// What an answer has beside its text, as the option `with` names it.
package enum Beside: String, Sendable, CaseIterable {
    /// Where the text comes from.
    case citations
    /// A picture, as OpenRouter and Gemini send it; OpenAI's protocol only.
    case image
    /// Speech and its transcript; OpenAI's protocol only.
    case audio
    /// How likely each token was; OpenAI's protocol only.
    case logprobs
    /// Reasoning that the vendor sends encrypted.
    case redacted
    /// What the answer cost, and what of the request was cached.
    case cost
    /// Which build and which tier answered; OpenAI's protocol only.
    case fingerprint

    /// One transparent pixel.
    static let picture: StaticString =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    /// The head of a sound file without sound.
    static let sound: StaticString =
        "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
    static let encrypted: StaticString = "c2ltdWxhdG9yJ3Mgc2VjcmV0"
}
