import ChatFormats
import Generations
import Wire

/// What looks wrong with an upstream's base URL, though it may be right.
struct BaseURLAdvice {
    private let upstream: RelayConfiguration.Upstream
    private let host: Substring
    /// What follows the host: empty, or from its slash on.
    private let path: Substring

    init(_ upstream: RelayConfiguration.Upstream) {
        self.upstream = upstream
        let url = upstream.baseURL
        var rest = Substring(url)
        // The scheme ends in two slashes.
        for _ in 0..<2 { rest = rest.drop { $0 != "/" }.dropFirst() }
        path = rest.drop { $0 != "/" }
        let authority = rest[..<path.startIndex]
        let name = authority.lastIndex(of: "@").map { authority[$0...].dropFirst() } ?? authority
        host = name.prefix { $0 != ":" }
    }

    /// A sentence that names the variable and what it most likely should be; nil where nothing
    /// looks wrong.
    var warning: String? {
        let name = upstream.addressVariable ?? "the base URL of \(upstream.name)"
        if let end = ends.first(where: { path.hasSuffix($0) }) {
            let better = Redaction.clean(address: String(upstream.baseURL.dropLast(end.count)))
            return "\(name) ends in \(end), but \(upstream.provider.path) is added to it: set it to"
                + " \(better)"
        }
        guard upstream.provider == .openAI, let path = betterPath else { return nil }
        let start = upstream.baseURL.dropLast(self.path.utf8.count)
        let better = Redaction.clean(address: start + path)
        return "\(name) does not end as the base URL of such a server does; most likely it should"
            + " be \(better)"
    }

    /// Ends of a path that belong to what is added, or to another route.
    private var ends: [String] {
        switch upstream.provider {
        case .openAI: ["/chat/completions", "/completions", "/responses", "/messages", "/models"]
        case .anthropic: ["/v1/messages", "/v1"]
        }
    }

    /// The path of OpenAI's protocol on a host whose path is another; nil where the path is one
    /// that a server may well have.
    private var betterPath: String? {
        for place in Self.places where host.hasSuffix(place.host) {
            return path.hasPrefix(place.path) ? nil : place.path
        }
        // Azure's gateways have any path.
        guard upstream.style.quirks.keyField == .ofProtocol else { return nil }
        let steps = path.split(separator: "/")
        let isVersioned = steps.contains { step in
            step.first == "v" && step.dropFirst().first?.isNumber == true
        }
        let isKnown = steps.contains { Self.knownSteps.contains(String($0)) }
        guard !isVersioned, !isKnown, !Self.bareHosts.contains(String(host)) else { return nil }
        return path + "/v1"
    }

    private static let places: [(host: String, path: String)] = [
        ("openrouter.ai", "/api/v1"), ("api.groq.com", "/openai/v1"),
        ("generativelanguage.googleapis.com", "/v1beta/openai"), (".openai.azure.com", "/openai/"),
        ("api.fireworks.ai", "/inference/v1"), ("api.cohere.ai", "/compatibility/v1"),
        ("api.cohere.com", "/compatibility/v1"),
    ]

    /// Steps of a path that some servers have in the place of a version.
    private static let knownSteps: Set<String> = [
        "openai", "inference", "serving-endpoints", "deployments", "compatible-mode", "openapi",
    ]

    /// Hosts whose chat completions are at the root.
    private static let bareHosts: Set<String> = [
        "api.perplexity.ai", "api.deepseek.com", "models.inference.ai.azure.com",
        "api.githubcopilot.com",
    ]
}
