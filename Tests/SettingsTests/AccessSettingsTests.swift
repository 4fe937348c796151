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

    @Test func `a ticket outlives the process, by the variable or by the folder's file`() throws {
        let folder = try makeFolder()
        defer { removeTree(folder) }
        let secret = "0123456789abcdef0123456789abcdef"
        for values in [[:], ["RELAY_SECRET": secret]] {
            let signer = try settings(values).signer(dataFolder: folder)
            let ticket = try SignedTicket(.session, owner: "key/a", scopes: .chat, now: 1000)
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
