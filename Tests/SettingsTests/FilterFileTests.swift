import ChatFormats
import Generations
import Glibc
import Testing

@testable import sse_relay

/// The file of filters: what it may say, and where it is wrong.
@Suite struct FilterFileTests {
    /// The example of the documentation.
    static let example = {
        let steps = #filePath.split(separator: "/").dropLast(3)
        return "/" + steps.joined(separator: "/") + "/docs/filters.json"
    }()

    private func settings(_ path: String) throws -> Settings {
        try Settings(
            environment: Environment([
                "RELAY_STATIC_DIR": "", "OPENAI_API_KEY": "k", "RELAY_FILTERS_FILE": path,
            ])
        )
    }

    @Test func `the example of the documentation can be used, and says what it means`() throws {
        #expect(try settings(Self.example).filtering.filters != nil)
        let text = try #require(
            try Environment.readFile(Self.example, mustExist: true, isAgain: true)
        )
        let page = Self.example.replacing("filters.json", with: "operating.md")
        let explained = try Environment.readFile(page, mustExist: true, isAgain: true)
        #expect(explained?.contains(text) == true, "the page shows another example")
        let rules = try FilterFile.parse(text, name: "f")
        #expect(
            rules == [
                .systemPrefix("Answer in plain words."),
                .find(
                    .words(["darn", "project Falcon"], ignoresCase: true, areWhole: true),
                    .replace("[...]")
                ),
                .find(
                    .pattern("(?<=password: )\\S+", ignoresCase: true, maxMatch: 64),
                    .replace("[secret]")
                ),
                .find(.emails, .replace("[email]")),
                .find(.cards, .replace("[number]")),
                .find(
                    .words(["BEGIN PRIVATE KEY"], ignoresCase: false, areWhole: true),
                    .block
                ),
                .append("\n\n(An answer of a model.)", after: [.complete]),
            ]
        )
    }

    @Test func `without a file there are no filters`() throws {
        let settings = try settings("")
        #expect(settings.filtering.filters == nil)
        #expect(settings.relayConfiguration(settings.models.upstreams).filters == nil)
    }

    @Test(arguments: [
        ("[\n{", "f line 2: "), ("{}", "f: expected an array"),
        ("[1]", "f filter 1: expected an object"),
        (#"[{"append":"x"},{}]"#, "f filter 2: expected an object with one of words, pattern"),
        (#"[{"words":["a"],"mask":"card"}]"#, "f filter 1: expected an object with one of"),
        (#"[{"words":["a"]}]"#, "f filter 1: expected replace with a text, or block with true"),
        (#"[{"words":["a"],"block":true,"replace":""}]"#, "f filter 1: replace and block"),
        (#"[{"words":["a"],"block":false}]"#, "f filter 1: expected replace"),
        (#"[{"words":["a"],"replace":1}]"#, "f filter 1: replace: expected a text"),
        (#"[{"words":["a",1],"block":true}]"#, "f filter 1: words: expected an array of words"),
        (#"[{"words":[""],"block":true}]"#, "f filter 1: words: expected"),
        (#"[{"words":[],"block":true}]"#, "f filter 1: words: expected"),
        (#"[{"words":["a"],"block":true,"case":1}]"#, "f filter 1: case is not known here"),
        (#"[{"pattern":"","block":true}]"#, "f filter 1: pattern: expected a text"),
        (
            #"[{"pattern":"a","max_match":0,"block":true}]"#,
            "f filter 1: max_match: expected a whole"
        ),
        (
            #"[{"pattern":"a","ignore_case":"yes","block":true}]"#,
            "f filter 1: ignore_case: expected"
        ),
        (#"[{"mask":"phone"}]"#, "f filter 1: mask: expected email or card"),
        (#"[{"append":"x","after":["stopped"]}]"#, "f filter 1: after: expected an array"),
    ])
    func `a file that is wrong is refused with the place`(text: String, problem: String) {
        let error = #expect(throws: FilterFileError.self) {
            try FilterFile.parse(text, name: "f")
        }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }

    @Test func `a wrong pattern is refused with file, place and PCRE2's words`() throws {
        var name = Array("/tmp/filters-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let text = #"[{"append":"x"},{"pattern":"a(b","block":true}]"#
        #expect(write(file, text, text.utf8.count) == text.utf8.count)
        close(file)
        let error = #expect(throws: ConfigurationError.self) { try settings(path) }
        #expect(error?.variable == "RELAY_FILTERS_FILE")
        #expect(
            error?.problem
                == "\(path) filter 2, at byte 3 of its pattern: missing closing parenthesis"
        )
        let missing = #expect(throws: ConfigurationError.self) { try settings("/no/such/file") }
        #expect(missing?.problem == "/no/such/file cannot be read: No such file or directory")
    }
}
