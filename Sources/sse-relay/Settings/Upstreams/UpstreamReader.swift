import ChatFormats
import Generations
import Wire

/// Reads one upstream of the file.
struct UpstreamReader {
    /// The protocol and the habits of a server.
    private enum Kind: String, CaseIterable {
        case openai, anthropic, azure

        var provider: Provider { self == .anthropic ? .anthropic : .openAI }

        /// The vendor's own server, its key's variable and its model; nil where each customer has
        /// another.
        var vendor: (baseURL: String, keyVariable: String, model: String)? {
            switch self {
            case .openai:
                (
                    ModelSettings.openAIBaseURL.variable.fallback, ModelSettings.openAIKey.name,
                    ModelSettings.openAIModel
                )
            case .anthropic:
                (
                    ModelSettings.anthropicBaseURL.variable.fallback,
                    ModelSettings.anthropicKey.name, ModelSettings.anthropicModel
                )
            case .azure: nil
            }
        }
    }

    private static let known = [
        "name", "kind", "base_url", "api_version", "key", "key_variable", "model", "models",
        "aliases", "patterns", "fallback", "fallbacks", "headers", "omit", "whole",
        "head_timeout_s", "first_data_timeout_s", "idle_timeout_s", "prices", "generations",
    ]

    private let object: FileObject

    init(_ value: JSON, at place: String) throws(ConfigurationError) {
        object = try FileObject(value, at: place, known: Self.known)
    }

    func upstream(
        _ environment: Environment
    ) throws(ConfigurationError) -> RelayConfiguration.Upstream {
        let name = try name()
        let kind = try kind()
        let address = try address(kind)
        let serves = try serves()
        let isOwn = object["base_url"] == nil
        let named = try object.text("model") ?? serves.names.first
        guard let model = named ?? (isOwn ? kind.vendor?.model : nil) else {
            throw object.error("model", "is needed where models names none")
        }
        var upstream = RelayConfiguration.Upstream(
            name: name,
            provider: kind.provider,
            baseURL: address.text,
            key: try key(kind, isOwn: isOwn, environment),
            model: model
        )
        upstream.hasVendorsModel = named == nil
        upstream.addressVariable = "base_url of \(name)"
        upstream.keyVariable = try keyVariable(kind, isOwn: isOwn) ?? "key of \(name)"
        upstream.serves = serves
        upstream.clocks.headSeconds = try object.seconds("head_timeout_s")
        upstream.clocks.firstDataSeconds = try object.seconds("first_data_timeout_s")
        upstream.clocks.idleSeconds = try object.seconds("idle_timeout_s")
        upstream.style = try style(kind, address)
        upstream.prices = try prices()
        upstream.maxGenerations = try object.count("generations")
        return upstream
    }

    // MARK: Who

    private func name() throws(ConfigurationError) -> String {
        guard let name = try object.text("name") else {
            throw object.error("name", "is needed")
        }
        // It becomes a word of log lines and of `upstream/model`.
        let isWord = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard isWord, name.utf8.count <= 64 else {
            throw object.error("name", "expected at most 64 letters, digits, - . and _")
        }
        return name
    }

    private func kind() throws(ConfigurationError) -> Kind {
        guard let word = try object.text("kind") else { return .openai }
        guard let kind = Kind(rawValue: word) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw object.error("kind", "expected one of \(known)")
        }
        return kind
    }

    private func address(_ kind: Kind) throws(ConfigurationError) -> BaseURL {
        guard let url = try object.text("base_url") ?? kind.vendor?.baseURL else {
            throw object.error(
                "base_url",
                "is needed, such as https://NAME.openai.azure.com/openai/v1"
            )
        }
        do throws(BaseURL.Problem) {
            return try BaseURL(url, allowsQuery: true)
        } catch {
            throw object.error("base_url", "expected an http or https URL; \(error.text)")
        }
    }

    /// The variable that holds the key; nil for a key of the file, or none.
    private func keyVariable(_ kind: Kind, isOwn: Bool) throws(ConfigurationError) -> String? {
        if let named = try object.text("key_variable") { return named }
        return object["key"] == nil && isOwn ? kind.vendor?.keyVariable : nil
    }

    private func key(
        _ kind: Kind,
        isOwn: Bool,
        _ environment: Environment
    ) throws(ConfigurationError) -> String? {
        let given = try object.text("key")
        let named = try object.text("key_variable")
        guard given == nil || named == nil else {
            throw object.error("key_variable", "key is there, too; one of them is enough")
        }
        let variable = try keyVariable(kind, isOwn: isOwn)
        guard let key = given ?? variable.flatMap({ environment[$0] }), !key.isEmpty else {
            // A server of one's own may want no key.
            guard let variable else { return nil }
            throw object.error(
                "key_variable",
                "\(ConfigurationError.shown(variable)) is not set"
            )
        }
        guard !Environment.isQuoted(key) else {
            throw object.error(
                given == nil ? "key_variable" : "key",
                given == nil ? "the key is \(Environment.quotesProblem)" : "the key is in quotes"
            )
        }
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw object.error(
                given == nil ? "key_variable" : "key",
                "the key holds a character that no key has (a blank?)"
            )
        }
        return key
    }

    // MARK: Which models

    private func serves() throws(ConfigurationError) -> ServedModels {
        var serves = ServedModels()
        serves.names = try object.texts("models")
        serves.patterns = try object.texts("patterns").map { ModelPattern($0) }
        if let aliases = try object.object("aliases") {
            for member in aliases.members {
                serves.aliases[member.key] = try aliases.text(member.key)
            }
        }
        serves.fallbacks = try object.texts("fallback").map { ServedModels.Fallback($0) }
        if let fallbacks = try object.object("fallbacks") {
            for member in fallbacks.members {
                serves.modelFallbacks[member.key] = try fallbacks.texts(member.key).map {
                    ServedModels.Fallback($0)
                }
            }
        }
        return serves
    }

    private func prices() throws(ConfigurationError) -> [String: ModelPrice] {
        guard let models = try object.object("prices") else { return [:] }
        var prices: [String: ModelPrice] = [:]
        for member in models.members {
            let price = try FileObject(
                member.value,
                at: models.place(of: member.key),
                known: ["input", "output", "cached_input"]
            )
            guard let input = try price.amount("input"), let output = try price.amount("output")
            else { throw ConfigurationError(price.place, "input and output are needed") }
            prices[member.key] = ModelPrice(
                input: input,
                output: output,
                cachedInput: try price.amount("cached_input")
            )
        }
        return prices
    }

    // MARK: How

    private func style(_ kind: Kind, _ address: BaseURL) throws(ConfigurationError) -> RequestStyle
    {
        var style = RequestStyle()
        style.query = address.query
        if let version = try object.text("api_version") {
            guard version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x26 && $0 != 0x23 })
            else { throw object.error("api_version", "expected a version such as 2024-10-21") }
            style.query = (address.query.map { "\($0)&" } ?? "") + "api-version=\(version)"
        }
        style.fields = try fields()
        style.quirks = kind == .azure ? .azure : VendorQuirks.quirks(ofURL: address.text)
        style.quirks.omitted += try object.texts("omit")
        style.quirks.asksWhole = try object.flag("whole") ?? false
        return style
    }

    /// Fields that HTTP or libcurl sets; another value would break the request.
    private static let reservedFields = [
        "content-length", "content-type", "connection", "host", "transfer-encoding", "expect",
    ]

    private func fields() throws(ConfigurationError) -> [RequestStyle.Field] {
        guard let headers = try object.object("headers") else { return [] }
        var fields: [RequestStyle.Field] = []
        for member in headers.members {
            let isName =
                !member.key.isEmpty
                && member.key.utf8.allSatisfy { byte in
                    byte > 0x20 && byte < 0x7F && !Array("()<>@,;:\\\"/[]?={}".utf8).contains(byte)
                }
            guard isName, !Self.reservedFields.contains(member.key.lowercased()) else {
                throw headers.error(member.key, "is no name of a field that can be set")
            }
            // A line break would begin another field.
            guard let value = try headers.text(member.key),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { throw headers.error(member.key, "expected a text without control characters") }
            fields.append(RequestStyle.Field(name: member.key, value: value))
        }
        return fields
    }
}
