import Wire

/// What one vendor's requests have different from those of the protocol that it speaks.
package struct Quirks: Sendable, Equatable {
    /// In which header field the key goes.
    package enum KeyField: Sendable, Equatable {
        /// The protocol's own.
        case ofProtocol
        /// `api-key`.
        case apiKey
    }

    package var keyField = KeyField.ofProtocol
    /// Members of the body that have another name there.
    package var renamed: [String: String] = [:]
    /// Members of the body that are left out.
    package var omitted: [String] = []
    /// Whether its answers are asked for in one piece, since its streams hide errors or usage.
    package var asksWhole = false
    /// Whether its list of models has those that can be asked for.
    package var listsItsModels = true

    /// None.
    package init() {}

    /// Makes some.
    package init(
        keyField: KeyField = .ofProtocol,
        renamed: [String: String] = [:],
        omitted: [String] = []
    ) {
        self.keyField = keyField
        self.renamed = renamed
        self.omitted = omitted
    }

    /// Azure's, on whatever host.
    package static let azure = {
        var quirks = Quirks(
            keyField: .apiKey,
            renamed: ["max_tokens": "max_completion_tokens"]
        )
        // It lists the models that could be deployed, and is asked for deployments
        // (learn.microsoft.com/rest/api/azureopenai/models/list).
        quirks.listsItsModels = false
        return quirks
    }()

    /// The name of a member in the body; nil where it is left out.
    func name(_ name: String) -> String? {
        guard !omitted.contains(name) else { return nil }
        return renamed[name] ?? name
    }
}

/// The vendors whose requests differ, by the hosts of their base URLs.
package struct VendorQuirks: Sendable {
    /// The host, or `.` and the end of hosts.
    package let host: String
    package let quirks: Quirks
    /// Who says so.
    package let source: String

    /// The quirks of the vendor that a base URL belongs to; none for a server that nobody lists.
    ///
    /// Servers of one's own (Ollama, llama.cpp, vLLM, LiteLLM) take OpenAI's members as they are.
    package static func quirks(ofURL url: String) -> Quirks {
        let host = host(ofURL: url)
        let row = table.first { row in
            row.host.hasPrefix(".") ? host.hasSuffix(row.host) : equals(host, row.host)
        }
        return row?.quirks ?? Quirks()
    }

    /// The table; a row needs a source.
    package static let table = [
        // `max_tokens` is deprecated there, and GPT-5 and the o series refuse it.
        VendorQuirks(
            host: "api.openai.com",
            quirks: Quirks(renamed: ["max_tokens": "max_completion_tokens"]),
            source: "platform.openai.com/docs/api-reference/chat/create#max_tokens"
        ),
        azure(".openai.azure.com"), azure(".cognitiveservices.azure.com"),
        azure(".services.ai.azure.com"),
        // It refuses every member that it does not know with 422 (`extra_forbidden`).
        VendorQuirks(
            host: "api.mistral.ai",
            quirks: Quirks(renamed: [
                "max_completion_tokens": "max_tokens", "seed": "random_seed",
            ]),
            source: "docs.mistral.ai/api/endpoint/chat; editor-code-assistant/eca#315"
        ),
    ]

    private static func azure(_ host: String) -> VendorQuirks {
        VendorQuirks(
            host: host,
            quirks: .azure,
            source: "learn.microsoft.com/azure/foundry/openai/api-version-lifecycle"
        )
    }

    private static func host(ofURL url: String) -> String {
        let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
        let authority = rest.map {
            $0[($0.lastIndex(of: "@").map($0.index(after:)) ?? $0.startIndex)...]
        }
        return (authority?.prefix { $0 != ":" && $0 != "?" }).map { String($0).lowercased() } ?? ""
    }
}
