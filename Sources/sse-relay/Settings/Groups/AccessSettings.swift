import Access
import Storage

/// Who may ask.
struct AccessSettings: Sendable {
    /// Nil where no file is named.
    let keys: APIKeys?
    /// How tokens are checked; nil where none counts.
    let tokens: TokenSettings?
    /// What tickets and sessions are signed with; nil where the data folder has it.
    private let ownSigner: Signer?

    init(_ environment: Environment) throws(ConfigurationError) {
        keys = try Self.keys.value(in: environment)
        tokens = try TokenSettings(environment)
        ownSigner = try Self.secret.value(in: environment)
    }

    /// Whether a request needs a key or a token.
    var areCallersKnown: Bool { keys != nil || tokens != nil }

    /// What callers are known by.
    ///
    /// - Parameter signer: signs tickets and sessions; nil where callers are not known.
    /// - Returns: what the variables and their files say.
    func means(_ signer: Signer?) -> KnownCallers.Means {
        .init(keys: keys, tokens: tokens?.means, signer: signer)
    }

    /// What signs tickets and sessions: with the secret that is set, or with the one of the data
    /// folder, which is made where there is none.
    ///
    /// - Throws: a `ConfigurationError` where somebody has to put the folder's file right, a
    ///   `StorageError` where the disk refuses for now, or a `LibcryptoRefusal`.
    func signer(dataFolder: String) throws -> Signer {
        if let ownSigner { return ownSigner }
        let fresh = try SecretBytes.random(SecretFile.count)
        do {
            return try Signer(secret: try SecretFile.secret(in: dataFolder, orKeep: fresh))
        } catch let error as StorageError where error.needsRepair {
            throw ConfigurationError(Self.secret.variable, "is not set, and \(error)")
        } catch let error as WeakSecret {
            let file = "\(dataFolder)/\(SecretFile.name)"
            throw ConfigurationError(Self.secret.variable, "is not set, and \(file): \(error)")
        }
    }
}

extension AccessSettings {
    static let group = VariableGroup(
        "Who may ask",
        [
            keys.variable, TokenSettings.secret.variable, TokenSettings.keyFile.variable,
            TokenSettings.keySetURL.variable, TokenSettings.issuer.variable,
            TokenSettings.audiences.variable, TokenSettings.scopes.variable, secret.variable,
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

    static let secret = Setting<Signer?>(
        Variable(
            "RELAY_SECRET",
            // Too short to be used as it is: everybody knows it.
            example: "$(openssl rand -base64 32)",
            content: .secret,
            change: .restart,
            summary: "what sessions and tickets are signed with; else the data folder has it",
            words: """
                What the page's sessions and the tickets of streams are signed with: at least 32 \
                random bytes, for example what `openssl rand -base64 32` prints. Where it is not \
                set, the file `secret` in the data folder has it, which is made once keys or tokens \
                are set. Relays that are to take each other's sessions need the same one; another \
                one logs everybody out.
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        guard let text = variable.value(setIn: environment) else { return nil }
        do throws(WeakSecret) {
            return try Signer(secret: Array(text.utf8))
        } catch {
            throw ConfigurationError(variable, "\(error)")
        }
    }
}
