import Access
import Glibc
import Storage
import TestSupport
import Testing

@testable import sse_relay

/// Who may ask, as the variables say it.
@Suite struct AccessSettingsTests {
    private func settings(_ values: [String: String]) throws -> AccessSettings {
        try AccessSettings(Environment(values))
    }

    @Test func `without a file there are no keys`() throws {
        #expect(try settings([:]).keys == nil)
        #expect(try settings(["RELAY_API_KEYS_FILE": ""]).keys == nil)
    }

    @Test func `a wrong or absent file stops the start, and is named with its line`() throws {
        let scratch = try KeyScratch("{\"keys\": [\n\n{\"key\": \"relay_x\"}]}")
        let wrong = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_API_KEYS_FILE": scratch.path])
        }
        let start = "\(scratch.path) line 3, keys[0].key: the file holds no keys"
        #expect(wrong?.variable == "RELAY_API_KEYS_FILE")
        #expect(wrong?.problem.hasPrefix(start) == true, "\(wrong?.problem ?? "")")
        scratch.write("[]")
        let array = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_API_KEYS_FILE": scratch.path])
        }
        #expect(array?.problem == "\(scratch.path): expected {\"keys\": [ … ]}")
        let absent = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_API_KEYS_FILE": "/no/such/file"])
        }
        #expect(absent?.problem == "/no/such/file cannot be read: No such file or directory")
    }

    @Test func `an address that others reach needs keys or a word of consent, and not both`() throws
    {
        let scratch = try KeyScratch("{\"keys\": []}")
        let keys = ["RELAY_API_KEYS_FILE": scratch.path, "RELAY_STATIC_DIR": ""]
        let open = keys.merging(["RELAY_LISTEN": "0.0.0.0:9000"]) { $1 }
        #expect(try Settings(environment: Environment(open)).listening.address.port == 9000)
        let error = #expect(throws: ConfigurationError.self) {
            try Settings(
                environment: Environment(keys.merging(["RELAY_ALLOW_ANONYMOUS": "1"]) { $1 })
            )
        }
        #expect(error?.variable == "RELAY_ALLOW_ANONYMOUS")
        #expect(error?.problem.contains("RELAY_API_KEYS_FILE") == true)
    }

    static let secret = "qV7rT2mXc9LbW4zKd8Hf3NsJp6GyR1uA"
    /// The public key of RFC 8037 §A.2.
    static let keySet =
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#

    @Test func `tokens count once there is a key that they are signed with`() throws {
        #expect(try settings([:]).tokens == nil)
        #expect(try settings(["RELAY_JWT_SECRET": Self.secret]).areCallersKnown)
        let scratch = try KeyScratch(Self.keySet)
        #expect(try settings(["RELAY_JWT_KEY_FILE": scratch.path]).areCallersKnown)
    }

    @Test(arguments: [
        "https://login.example.com/keys", "HTTPS://a.example/keys/?p=policy",
        "http://localhost:8080/jwks", "http://127.0.0.1/jwks", "http://[::1]:80/jwks",
    ])
    func `the address of a key set is https, or this machine's, and is kept as it is`(
        url: String
    ) throws {
        let settings = try settings(["RELAY_JWT_JWKS_URL": " \(url)\n"])
        #expect(settings.areCallersKnown)
        #expect(settings.tokens?.keyText == url)
    }

    @Test(arguments: [
        "http://login.example.com/keys", "http://localhost.example.com/", "ftp://a.example/keys",
        "login.example.com/keys", "https://", "https://user:sesame@a.example/keys",
        "https://a.example:0/keys", "https://a.example/keys#one", "file:///etc/keys",
    ])
    func `another address of a key set stops the start, and is not shown`(url: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_JWT_JWKS_URL": url])
        }
        #expect(error?.variable == "RELAY_JWT_JWKS_URL")
        #expect(error?.problem.contains(url) == false)
        #expect(error?.description.contains("sesame") == false)
    }

    @Test(arguments: [
        (["RELAY_JWT_SECRET": "short"], "RELAY_JWT_SECRET"),
        (["RELAY_JWT_SECRET": "your-256-bit-secret-your-256-bit-secret"], "RELAY_JWT_SECRET"),
        (["RELAY_JWT_KEY_FILE": "/no/such/file"], "RELAY_JWT_KEY_FILE"),
        (["RELAY_JWT_KEY_FILE": "/etc/passwd"], "RELAY_JWT_KEY_FILE"),
        (["RELAY_JWT_ISSUER": "https://a.example"], "RELAY_JWT_SECRET"),
        (["RELAY_JWT_AUDIENCE": "a"], "RELAY_JWT_SECRET"),
        (
            ["RELAY_JWT_SECRET": Self.secret, "RELAY_JWT_KEY_FILE": "/etc/passwd"],
            "RELAY_JWT_SECRET"
        ),
        (
            ["RELAY_JWT_SECRET": Self.secret, "RELAY_JWT_JWKS_URL": "https://a.example/jwks"],
            "RELAY_JWT_SECRET"
        ),
        (
            ["RELAY_JWT_KEY_FILE": "/dev/null", "RELAY_JWT_JWKS_URL": "https://a.example/jwks"],
            "RELAY_JWT_KEY_FILE"
        ),
    ])
    func `a key of tokens that is wrong or missing stops the start, and is not shown`(
        values: [String: String],
        name: String
    ) {
        let error = #expect(throws: ConfigurationError.self) { try settings(values) }
        #expect(error?.variable == name)
        for value in values.values where !value.hasPrefix("/") && !value.hasPrefix("a") {
            #expect(error?.description.contains(value) == false)
        }
    }

    // MARK: The secret of tickets and sessions

    @Test(arguments: [
        ("short", "expected at least 32 bytes"),
        (AccessSettings.secret.variable.example, "expected at least 32 bytes"),
        (String(repeating: "x", count: 64), "expected random bytes"),
        (String(repeating: "abc", count: 20), "expected random bytes"),
    ])
    func `a weak secret is refused, and not shown`(secret: String, problem: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try settings(["RELAY_SECRET": secret])
        }
        #expect(error?.problem.hasPrefix(problem) == true)
        #expect(error?.problem.contains(secret) == false)
    }

    @Test func `a session outlives the process, by the variable or by the folder's file`() throws {
        let folder = try makeFolder()
        defer { removeTree(folder) }
        for values in [[:], ["RELAY_SECRET": "0123456789abcdef0123456789abcdef"]] {
            let signer = try settings(values).signer(dataFolder: folder)
            let ticket = try SignedTicket(
                .session,
                owner: "key/a",
                key: "k",
                scopes: .chat,
                now: 1000
            )
            let text = try ticket.text(signedBy: signer)
            let later = try settings(values).signer(dataFolder: folder)
            #expect(try SignedTicket(text, for: .session, signedBy: later, now: 1001) == ticket)
        }
        #expect(namesIn(folder) == [SecretFile.name])
    }

    @Test func `a secret of the folder that cannot be used stops the start`() throws {
        let folder = try makeFolder()
        defer { removeTree(folder) }
        let file = "\(folder)/secret"
        writeFile(file, [UInt8](repeating: 7, count: 32))
        #expect(chmod(file, 0o644) == 0)
        let open = #expect(throws: ConfigurationError.self) {
            try settings([:]).signer(dataFolder: folder)
        }
        let start = "is not set, and \(file) is open to other users"
        #expect(open?.variable == "RELAY_SECRET")
        #expect(open?.problem.hasPrefix(start) == true, "\(open?.problem ?? "")")
        #expect(chmod(file, 0o600) == 0)
        let weak = #expect(throws: ConfigurationError.self) {
            try settings([:]).signer(dataFolder: folder)
        }
        #expect(
            weak?.problem
                == "is not set, and \(file): expected random bytes, found fewer than 8 different ones"
        )
    }
}
