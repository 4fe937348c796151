import Wire

/// The protocol that an upstream speaks: how a request is written, and where it is sent.
///
/// `StreamDecoder` reads its streams.
package enum Provider: String, Sendable, CaseIterable {
    /// OpenAI's chat completions, which most model servers understand.
    case openAI = "openai"
    /// Anthropic's messages.
    case anthropic

    /// The path after the base URL: OpenAI's base URL ends in `/v1`, Anthropic's is the bare host.
    package var path: String {
        switch self {
        case .openAI: "/chat/completions"
        case .anthropic: "/v1/messages"
        }
    }

    /// Where its models are listed, and with which query.
    package var modelsPath: (path: String, query: String?) {
        switch self {
        case .openAI: ("/models", nil)
        // It lists twenty of them unless it is told otherwise.
        case .anthropic: ("/v1/models", "limit=1000")
        }
    }

    /// The request's header fields; without a key there is no credential among them.
    package func headers(key: String?, _ quirks: Quirks = Quirks()) -> [(String, String)] {
        let accepted = quirks.asksWhole ? "application/json" : "text/event-stream"
        var fields = [
            ("content-type", "application/json"), ("accept", accepted),
            // A compressed stream comes in blocks and not token by token.
            ("accept-encoding", "identity"),
        ]
        switch self {
        case .openAI:
            switch (key, quirks.keyField) {
            case (let key?, .ofProtocol): fields.append(("authorization", "Bearer \(key)"))
            case (let key?, .apiKey): fields.append(("api-key", key))
            case (nil, _): break
            }
        case .anthropic:
            fields.append(("anthropic-version", Self.anthropicVersion))
            if let key { fields.append(("x-api-key", key)) }
        }
        return fields
    }

    private static let anthropicVersion = "2023-06-01"

    /// The prefixes of model names that only this protocol's vendor has.
    package var modelPrefixes: [String] {
        switch self {
        case .openAI: []
        case .anthropic: ["claude"]
        }
    }

    /// Appends the body of a request for `model`, whose answer is streamed unless the quirks say
    /// otherwise.
    ///
    /// - Throws: an error that names what this protocol cannot express.
    package func writeBody(
        _ request: ChatRequest,
        model: String,
        _ quirks: Quirks = Quirks(),
        into out: inout [UInt8]
    ) throws(ChatRequestError) {
        switch self {
        case .openAI: try OpenAIRequest.write(request, model: model, quirks, into: &out)
        case .anthropic: try AnthropicRequest.write(request, model: model, quirks, into: &out)
        }
    }

    /// Reads the body of an error response, in whatever shape the vendor or a proxy wrote it.
    package func errorMessage(body: Span<UInt8>) -> VendorError { VendorError(body: body) }
}
