import ChatFormats
import HTTPServer
import Wire

/// A path without a route: what may have been meant, and what there is instead.
struct UnknownPath {
    /// The path as people mean it: without slashes too many.
    private let path: String
    private let head: RequestHead

    init(_ head: RequestHead) {
        self.head = head
        path = "/" + head.path.split(separator: "/").joined(separator: "/")
    }

    /// Whether the path belongs to an API that only programs ask, and to no file.
    var isForeignAPI: Bool { foreign != nil }

    /// The answer, which is 404 whatever the method.
    ///
    /// That is what makes a client that knows several APIs try another one.
    ///
    /// - Parameter routes: the paths that there are for this method.
    /// - Returns: an error that names what is here instead, or what may have been meant.
    func problem(routes: [String]) -> Problem {
        var message: String
        switch head.method {
        case .get, .head: message = "there is nothing at \(head.path)"
        default:
            message = "\(head.method.name) is not possible on \(head.path), which is not a route"
        }
        if let foreign {
            message += ": \(foreign)"
        } else if let near = nearest(of: routes) {
            message += "; did you mean \(near)?"
        } else if head.method != .get && head.method != .head {
            let known = routes.isEmpty ? "none" : routes.joined(separator: ", ")
            message += "; the routes for it: \(known)"
        }
        return Problem(.notFound, type: "not_found_error", message: message, code: "not_found")
    }

    // MARK: Other APIs

    /// What there is instead of a vendor's API that is not here; nil where the path is of none.
    private var foreign: String? {
        let words = path.split(separator: "/").map(String.init)
        if path.hasPrefix("/openai/") {
            return "Azure's paths are not here; use OpenAI's client, with a base_url that ends in"
                + " /v1"
        }
        if path.hasPrefix("/v1beta/") {
            return "Gemini's API is not here; POST /v1/chat/completions is"
        }
        if words.count == 2, words[0] == "api", Self.ollama.contains(words[1]) {
            return "Ollama's API is not here; OpenAI's is: POST /v1/chat/completions and GET"
                + " /v1/models"
        }
        if path.hasSuffix("/v1/chat/completions") {
            return "POST /v1/chat/completions is the route: base_url ends in its first /v1"
        }
        let isVersioned = words.first == "v1"
        guard let name = isVersioned ? words.dropFirst().first : words.first,
            let api = Self.openAI[name], isVersioned || head.method == .post
        else { return nil }
        return "\(api) here; POST /v1/chat/completions is"
    }

    private static let ollama: Set<String> = [
        "chat", "generate", "tags", "show", "embed", "embeddings", "version", "ps", "pull", "push",
        "create", "copy", "delete", "blobs",
    ]

    private static let openAI: [String: String] = {
        var apis = [
            "responses": "OpenAI's Responses API is not",
            "messages": "Anthropic's Messages API is not",
            "complete": "Anthropic's older completions are not",
            "moderations": "moderations are not",
            "images": "images are not", "audio": "audio is not",
        ]
        for name in [
            "files", "uploads", "batches", "assistants", "threads", "fine_tuning", "realtime",
            "vector_stores", "rerank", "conversations", "videos", "containers",
        ] {
            apis[name] = "/v1/\(name) is not"
        }
        return apis
    }()

    // MARK: Near misses

    /// The route that differs from the path by a few letters.
    private func nearest(of routes: [String]) -> String? {
        let given = Array(path.lowercased().utf8)
        guard given.count <= Self.maxLength else { return nil }
        let near = routes.map { ($0, Self.distance(given, Array($0.utf8))) }
        let best = near.filter { $0.0 != "/" }.min { $0.1 < $1.1 }
        guard let best, best.1 <= Self.maxDistance else { return nil }
        return best.0
    }

    private static let maxLength = 64
    private static let maxDistance = 3

    /// How many letters must be added, left out or exchanged (Levenshtein).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for place in 1...max(1, other.count) where place <= other.count {
                let cost = letter == other[place - 1] ? 0 : 1
                let best = min(diagonal + cost, row[place] + 1, row[place - 1] + 1)
                diagonal = row[place]
                row[place] = best
            }
        }
        return row[other.count]
    }
}
