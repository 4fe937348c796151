import Access
import Glibc
import Storage
import TestSupport
import Testing

@testable import sse_relay

/// `sse-relay key …`: what is asked for, and what becomes of the file.
@Suite struct KeyCommandTests {
    private func command(_ line: String) throws -> KeyCommand? {
        let arguments = try Arguments(line.split(separator: " ").map(String.init))
        guard case .key(let command) = arguments.action else { return nil }
        return command
    }

    @Test(arguments: [
        ("key add ann", KeyCommand.Action.add(name: "ann", [.chat, .read, .delete]), nil),
        ("key add ann --scopes chat", .add(name: "ann", .chat), nil),
        ("key add --scopes=read,metrics ann", .add(name: "ann", [.read, .metrics]), nil),
        ("key add ann --scopes admin --file /k", .add(name: "ann", .admin), "/k"),
        ("key list", .list, nil), ("key list --file=/k", .list, "/k"),
        ("key remove a@b.example", .remove(name: "a@b.example"), nil),
        ("--env-file /e key list", .list, nil),
    ])
    func `a command line is read`(
        line: String,
        action: KeyCommand.Action,
        file: String?
    ) throws {
        let command = try command(line)
        #expect(command?.action == action)
        #expect(command?.file == file)
    }

    @Test(arguments: [
        ("key", "key needs add, list or remove"), ("key add", "key add needs a name"),
        ("key remove", "key remove needs a name"), ("key show", "unknown argument show"),
        ("key list ann", "unknown argument ann"), ("key add a b", "unknown argument b"),
        ("key list --scopes chat", "unknown argument --scopes"),
        ("key add a --scopes", "--scopes needs a value"),
        ("key add a --scopes chat,write", "--scopes: write is no scope; expected some of chat,"),
        ("key add a --scopes=", "--scopes: a word is no scope"),
        ("key add a/b", "NAME: expected a name of 1 to 64 letters"),
    ])
    func `a wrong command line is refused`(line: String, problem: String) {
        let error = #expect(throws: ArgumentError.self) { try command(line) }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }

    @Test func `a key that is given as a name is not shown`() throws {
        let key = try APIKeyText.draw().secretText
        let error = #expect(throws: ArgumentError.self) { try command("key remove \(key)") }
        #expect(error?.description.contains(key) == false)
    }

    @Test func `a key is found by its text, and the file does not have it`() throws {
        let scratch = try KeyScratch()
        let register = KeyRegister(path: scratch.path)
        let first = try register.add("ann", .common)
        let second = try register.add("bob", .admin)
        let keys = APIKeys(try APIKeyFile(scratch.text).keys)
        guard case .key(let found) = keys.find(first.secretText, now: 0),
            case .key(let other) = keys.find(second.secretText, now: 0)
        else {
            Issue.record("a key is not found")
            return
        }
        #expect(found.owner == "key/ann" && found.scopes == .common && found.expires == nil)
        #expect(other.owner == "key/bob" && other.scopes == .admin)
        for key in [first, second] {
            #expect(!scratch.text.contains(key.secretText.dropFirst(17)))
            #expect(!scratch.text.contains(key.secretText))
        }
    }

    @Test func `what was in the file stays, numbers and dates as they were written`() throws {
        let kept = """
            {"name":"old","id":"0123456789","sha256":"\(String(repeating: "ab", count: 32))",\
            "scopes":["read","chat"],"limits":{"tokens_per_day":1500},"expires":"2027-01-31"}
            """
        let scratch = try KeyScratch("{\"keys\" : [ \(kept) ] }")
        let register = KeyRegister(path: scratch.path)
        _ = try register.add("new", .chat)
        #expect(scratch.text.hasPrefix("{\"keys\": [\n\(kept),\n{\"name\":\"new\","))
        try register.remove("new")
        #expect(scratch.text == "{\"keys\": [\n\(kept)\n]}\n")
        #expect(
            try register.list() == "old  0123456789  chat,read  2027-01-31T00:00:00.000Z"
        )
        try register.remove("old")
        #expect(try APIKeyFile(scratch.text).keys.isEmpty)
        #expect(namesIn(scratch.folder) == ["keys.json"])
    }

    @Test func `names, ids, scopes and expiry are listed in columns, and no digest`() throws {
        let scratch = try KeyScratch()
        let register = KeyRegister(path: scratch.path)
        let ids = [
            try register.add("a", .common).id, try register.add("longer", .admin).id,
        ]
        #expect(
            try register.list() == """
                a       \(ids[0])  chat,read,delete  never
                longer  \(ids[1])  admin             never
                """
        )
    }

    @Test func `a name is given once, and an unknown one not removed`() throws {
        let scratch = try KeyScratch()
        let register = KeyRegister(path: scratch.path)
        _ = try register.add("ann", .common)
        let before = scratch.text
        #expect(throws: APIKeyFile.ChangeError.nameExists("ann")) {
            try register.add("ann", .common)
        }
        #expect(throws: APIKeyFile.ChangeError.noSuchName("bob")) { try register.remove("bob") }
        #expect(scratch.text == before)
    }

    @Test func `a file that is wrong is not touched`() throws {
        let scratch = try KeyScratch("{\"keys\": [\n{\"name\": \"a\"}]}")
        let before = scratch.text
        let error = #expect(throws: ConfigurationError.self) {
            try KeyRegister(path: scratch.path).add("b", .common)
        }
        #expect(error?.description == "\(scratch.path) line 2, keys[0].id: is needed")
        #expect(scratch.text == before)
    }

    @Test func `an empty file has no keys, and without its folder none is made`() throws {
        let scratch = try KeyScratch("")
        #expect(try KeyRegister(path: scratch.path).list().isEmpty)
        _ = try KeyRegister(path: scratch.path).add("a", .common)
        #expect(try APIKeyFile(scratch.text).keys.count == 1)
        #expect(throws: StorageError.self) {
            try KeyRegister(path: "\(scratch.folder)/none/keys.json").add("a", .common)
        }
    }

    @Test func `of keys that are added at once none is lost`() async throws {
        let scratch = try KeyScratch()
        let path = scratch.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { _ = try KeyRegister(path: path).add("k\(number)", .common) }
            }
            try await group.waitForAll()
        }
        #expect(try APIKeyFile(scratch.text).keys.count == 20)
    }

    @Test func `the file comes from the command line, or else from the configuration`() throws {
        let scratch = try KeyScratch()
        writeFile("\(scratch.folder)/env", Array("RELAY_API_KEYS_FILE=\(scratch.path)\n".utf8))
        let other = "\(scratch.folder)/other.json"
        let env = "\(scratch.folder)/env"
        try KeyRegister(path: other).add("x", .common).discard()
        try command("key remove x --file \(other)")?.run(envFile: env)
        #expect(try APIKeyFile(String(decoding: readFile(other), as: UTF8.self)).keys.isEmpty)
        try KeyRegister(path: scratch.path).add("y", .common).discard()
        try command("key remove y")?.run(envFile: env)
        #expect(try APIKeyFile(scratch.text).keys.isEmpty)
        writeFile(env, [])
        let error = #expect(throws: ConfigurationError.self) {
            try command("key list")?.run(envFile: env)
        }
        #expect(error?.variable == "RELAY_API_KEYS_FILE")
    }
}

extension APIKeyText {
    /// The test needs no key.
    fileprivate func discard() {}
}
