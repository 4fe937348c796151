import ChatFormats

/// One of the ways in which a client asks, each with a route and what that answers in.
enum Tongue: String, CaseIterable {
    /// `GET /chat/stream`, as an `EventSource` asks.
    case eventSource
    /// `POST /chat/stream`.
    case events
    /// `POST /stream-chat`.
    case text
    /// `POST /chat/completions`.
    case content
    /// `POST /v1/chat/completions` with a stream.
    case openAI
    /// `POST /v1/chat/completions` without a stream.
    case whole
    /// `POST /api/streaming`, which announces, and then `GET`, which reads.
    case twoSteps
    /// `POST /chat/stream` in lines of JSON.
    case ndjson
    /// `POST /chat/stream` in text alone.
    case plain

    /// What the answer is written in.
    var dialect: Dialect {
        switch self {
        case .eventSource, .events: .events
        case .text: .text
        case .content: .content
        case .openAI, .whole: .openai
        case .twoSteps: .tokens
        case .ndjson: .ndjson
        case .plain: .plain
        }
    }

    /// Where the question is asked.
    var path: String {
        switch self {
        case .eventSource, .events, .ndjson, .plain: "/chat/stream"
        case .text: "/stream-chat"
        case .content: "/chat/completions"
        case .openAI, .whole: "/v1/chat/completions"
        case .twoSteps: "/api/streaming"
        }
    }

    /// Whether events have ids for a client that reads them as the standard says.
    var hasPlaces: Bool {
        switch self {
        case .eventSource, .events, .text, .content, .openAI, .twoSteps, .ndjson: true
        case .whole, .plain: false
        }
    }

    /// Whether events have ids for a page that reads with `fetch`.
    var alwaysHasPlaces: Bool {
        switch self {
        case .eventSource, .events, .twoSteps, .ndjson: true
        case .text, .content, .openAI, .whole, .plain: false
        }
    }

    /// Whether the request is OpenAI's own.
    var isOpenAIs: Bool { self == .openAI || self == .whole }
}
