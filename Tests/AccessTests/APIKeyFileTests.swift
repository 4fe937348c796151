import Testing

@testable import Access

/// The file of keys: what it may say, and where it is wrong.
@Suite struct APIKeyFileTests {
    private static let digest = String(repeating: "0a", count: 32)

    /// A key with some members changed or, where nil, absent.
    private static func entry(_ changes: KeyValuePairs<String, String?>) -> String {
        var members = [
            ("name", "\"ann\""), ("id", "\"0123456789\""), ("sha256", "\"\(digest)\""),
            ("scopes", #"["chat"]"#),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        return "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    private static func file(_ entries: String...) -> String {
        "{\"keys\": [\n" + entries.joined(separator: ",\n") + "\n]}"
    }

    @Test func `everything that a key may have is read`() throws {
        let limits = """
            {"requests_per_minute": 10, "tokens_per_minute": 2000, "generations": 3,
            "tokens_per_day": 40000, "money_per_day": 2.5}
            """
        let text = Self.file(
            Self.entry([:]),
            Self.entry([
                "name": "\"bob\"", "id": "\"abcdefghij\"",
                "sha256": "\"\(String(repeating: "FF", count: 32))\"",
                "scopes": #"["read", "admin"]"#, "limits": limits, "expires": "1800000000",
            ])
        )
        let keys = try APIKeyFile("\u{FEFF}" + text).keys
        var first = APIKey(
            name: "ann",
            id: "0123456789",
            digest: try #require(KeyDigest(hexadecimal: Self.digest)),
            scopes: .chat
        )
        #expect(keys.first == first)
        first.limits = CallerLimits()
        #expect(keys.first?.limits == first.limits && keys.first?.expires == nil)
        let second = try #require(keys.last)
        #expect(second.name == "bob" && second.scopes == .admin && second.expires == 1_800_000_000)
        #expect(second.limits.requestsPerMinute == 10)
        #expect(second.limits.tokensPerMinute == 2000)
        #expect(second.limits.generations == 3)
        #expect(second.limits.tokensPerDay == 40000)
        #expect(second.limits.nanodollarsPerDay == 2_500_000_000)
    }

    @Test(arguments: [
        ("\"2027-01-31\"", 1_801_353_600), ("\"2027-01-31T12:00:00Z\"", 1_801_396_800),
        ("\"2027-01-31T12:00:00.5+02:00\"", 1_801_389_600), ("0", 0), ("1800000000", 1_800_000_000),
    ])
    func `an expiry is a date, a time or a second`(text: String, second: Int) throws {
        #expect(try APIKeyFile(Self.file(Self.entry(["expires": text]))).keys[0].expires == second)
    }

    private static let range = 1...1_000_000_000_000

    @Test(arguments: [
        (entry(["name": nil]), ".name", APIKeyFileError.Problem.missing),
        (entry(["name": "\"\""]), ".name", .wrongName),
        (entry(["name": "7"]), ".name", .wrongName),
        (entry(["name": "null"]), ".name", .wrongName),
        (entry(["name": "\"a b\""]), ".name", .wrongName),
        (entry(["name": "\"\(String(repeating: "a", count: 65))\""]), ".name", .wrongName),
        (entry(["id": nil]), ".id", .missing), (entry(["id": "\"012345678\""]), ".id", .wrongID),
        (entry(["id": "\"01234_6789\""]), ".id", .wrongID),
        (entry(["sha256": nil]), ".sha256", .missing),
        (entry(["sha256": "\"xyz\""]), ".sha256", .wrongDigest),
        (entry(["sha256": "\"\(digest)00\""]), ".sha256", .wrongDigest),
        (entry(["sha256": "[1]"]), ".sha256", .wrongDigest),
        (entry(["scopes": nil]), ".scopes", .missing),
        (entry(["scopes": "[]"]), ".scopes", .noScopes),
        (entry(["scopes": "\"chat\""]), ".scopes", .noScopes),
        (entry(["scopes": #"["chat", 1]"#]), ".scopes", .noScopes),
        (entry(["scopes": #"["chat", "write"]"#]), ".scopes", .wrongScope(ScopeError("write"))),
        (entry(["limits": "[]"]), ".limits", .noObject),
        (entry(["limits": "null"]), ".limits", .noObject),
        (
            entry(["limits": #"{"generations": 0}"#]), ".limits.generations", .wrongNumber(range)
        ),
        (
            entry(["limits": #"{"money_per_day": "2.50"}"#]), ".limits.money_per_day", .wrongMoney
        ),
        (
            entry(["limits": #"{"money_per_day": 0}"#]), ".limits.money_per_day", .wrongMoney
        ),
        (
            entry(["limits": #"{"tokens_per_day": 1.5}"#]), ".limits.tokens_per_day",
            .wrongNumber(range)
        ),
        (
            entry(["limits": #"{"tokens_per_minute": null}"#]), ".limits.tokens_per_minute",
            .wrongNumber(range)
        ),
        (
            entry(["limits": #"{"requests_per_minute": "5"}"#]), ".limits.requests_per_minute",
            .wrongNumber(range)
        ),
        (entry(["expires": "\"tomorrow\""]), ".expires", .wrongExpiry),
        (entry(["expires": "\"2027-02-29\""]), ".expires", .wrongExpiry),
        (entry(["expires": "1800000000000"]), ".expires", .wrongExpiry),
        (entry(["expires": "-1"]), ".expires", .wrongExpiry),
        (entry(["expires": "null"]), ".expires", .wrongExpiry),
        (entry(["key": "\"relay_x\""]), ".key", .clearKey),
        (entry(["secret": "\"x\""]), ".secret", .clearKey), ("7", "", .noObject),
        (
            entry(["scope": "[]"]), "",
            .unknownMember(
                "scope",
                known: ["name", "id", "sha256", "scopes", "limits", "expires"]
            )
        ),
        (
            entry(["limits": #"{"tokens per day": 1}"#]), ".limits",
            .unknownMember(
                nil,
                known: [
                    "requests_per_minute", "tokens_per_minute", "generations", "tokens_per_day",
                    "money_per_day",
                ]
            )
        ),
    ])
    func `a wrong key is refused with its line and member`(
        entry: String,
        path: String,
        problem: APIKeyFileError.Problem
    ) {
        let right = Self.entry([
            "name": "\"zoe\"", "id": "\"zzzzzzzzzz\"",
            "sha256": "\"\(String(repeating: "9", count: 64))\"",
        ])
        let wanted = APIKeyFileError(line: 3, path: "keys[1]\(path)", problem)
        #expect(throws: wanted) { try APIKeyFile(Self.file(right, entry)) }
    }

    @Test(
        arguments: [
            (["name": "\"ann\"", "id": "\"zzzzzzzzzz\"", "sha256": nil], ".name"),
            (["name": "\"bob\"", "id": "\"0123456789\"", "sha256": nil], ".id"),
            (["name": "\"bob\"", "id": "\"zzzzzzzzzz\"", "sha256": "\"\(digest)\""], ".sha256"),
        ] as [(KeyValuePairs<String, String?>, String)]
    )
    func `what one key has no other may have`(
        members: KeyValuePairs<String, String?>,
        path: String
    ) {
        let other = "\"\(String(repeating: "9", count: 64))\""
        let changes = members.map { ($0.key, $0.value ?? other) }
        var entry = "{\"scopes\": [\"chat\"]"
        for (name, value) in changes { entry += ", \"\(name)\": \(value)" }
        let wanted = APIKeyFileError(line: 3, path: "keys[1]\(path)", .repeated)
        #expect(throws: wanted) { try APIKeyFile(Self.file(Self.entry([:]), entry + "}")) }
    }

    @Test(arguments: [
        ("", "f line 1: no JSON: the text ends too early"),
        ("{\"keys\": [\n{\n]}", "f line 3: no JSON: expected"),
        ("{\"keys\": [], \"keys\": []}", "f line 1: no JSON: the member"),
        ("[]", "f: expected {"), ("{}", "f: expected {"), ("{\"keys\": {}}", "f: expected {"),
        ("{\"keys\": null}", "f: expected {"),
        ("{\"keys\": [], \"users\": []}", "f: users is not known; known are keys"),
    ])
    func `a text that is no file of keys is refused`(text: String, problem: String) {
        let error = #expect(throws: APIKeyFileError.self) { try APIKeyFile(text) }
        let said = error.map { "\($0.place(in: "f")): \($0.problem)" } ?? ""
        #expect(said.hasPrefix(problem), "\(said)")
    }

    @Test func `a file is bounded in bytes and keys`() throws {
        let spaces = String(repeating: " ", count: APIKeyFile.maxBytes - 10)
        #expect(throws: APIKeyFileError(.tooLong)) {
            try APIKeyFile("{\"keys\": []}" + spaces)
        }
        func key(_ number: Int) -> String {
            let digits = String(number)
            let id = String(repeating: "0", count: 10 - digits.count) + digits
            return Self.entry([
                "name": "\"k\(number)\"", "id": "\"\(id)\"",
                "sha256": "\"\(String(repeating: "0", count: 54))\(id)\"",
            ])
        }
        let most = (0..<APIKeyFile.maxKeys).map(key).joined(separator: ",\n")
        var file = try APIKeyFile("{\"keys\": [\(most)]}")
        #expect(file.keys.count == APIKeyFile.maxKeys)
        #expect(throws: APIKeyFile.ChangeError.full) {
            try file.add(
                APIKey(
                    name: "one.more",
                    id: "zzzzzzzzzz",
                    digest: try KeyDigest(of: "x"),
                    scopes: .chat
                )
            )
        }
        #expect(throws: APIKeyFileError(.tooManyKeys)) {
            try APIKeyFile("{\"keys\": [\(most), \(key(APIKeyFile.maxKeys))]}")
        }
    }

    @Test func `no secret in the wrong place is shown`() {
        let key = "relay_0123456789_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        for place in ["name", "id", "sha256", "scopes", "limits", "expires", "key", key] {
            let error = #expect(throws: APIKeyFileError.self) {
                try APIKeyFile(Self.file(Self.entry([place: "\"\(key)\""])))
            }
            let said = error.map { "\($0.place(in: "f")): \($0.problem)" } ?? ""
            #expect(!said.contains("AAECAw"), "\(said)")
        }
    }
}
