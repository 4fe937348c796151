import Access

/// Who may ask.
struct AccessSettings: Sendable {
    /// Nil where no file is named.
    let keys: APIKeys?
    /// How tokens are checked; nil where none counts.
    let tokens: TokenSettings?

    init(_ environment: Environment) throws(ConfigurationError) {
        keys = try Self.keys.value(in: environment)
        tokens = try TokenSettings(environment)
    }

    /// Whether a request needs a key or a token.
    var areCallersKnown: Bool { keys != nil || tokens != nil }

    /// What callers are known by.
    var means: KnownCallers.Means { .init(keys: keys, tokens: tokens?.means) }
}

extension AccessSettings {
    static let group = VariableGroup(
        "Who may ask",
        [
            keys.variable, TokenSettings.secret.variable, TokenSettings.keyFile.variable,
            TokenSettings.keySetURL.variable, TokenSettings.issuer.variable,
            TokenSettings.audiences.variable,
            TokenSettings.scopes.variable,
        ]
    )

    static let keys = Setting<APIKeys?>(
        Variable(
            "RELAY_API_KEYS_FILE",
            example: "/etc/sse-relay/keys.json",
            summary: "a JSON file of API keys, made by sse-relay key add; then requests need one",
            words: """
                A JSON file of API keys. With it, a request needs one of them, as \
                `Authorization: Bearer` or `x-api-key`, and sees the answers of its own key alone. \
                `sse-relay key add NAME` makes a key and adds it; the file holds digests, scopes, \
                limits and dates, and never a key. A reload reads it again.
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        guard let path = variable.value(setIn: environment) else { return nil }
        let text: String
        do throws(ConfigurationError) {
            // Read as at a reload, which could not read a pipe again.
            text = try Environment.readFile(path, mustExist: true, isAgain: true) ?? ""
        } catch {
            throw ConfigurationError(variable, "\(path) \(error.problem)")
        }
        do throws(APIKeyFileError) {
            return APIKeys(try APIKeyFile(text).keys)
        } catch {
            throw ConfigurationError(variable, "\(error.place(in: path)): \(error.problem)")
        }
    }
}
