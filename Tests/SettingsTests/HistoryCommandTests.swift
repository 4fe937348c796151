import Storage
import Testing

@testable import sse_relay

/// `sse-relay history …`: what is asked for.
@Suite struct HistoryCommandTests {
    private func command(_ words: [String]) throws -> HistoryCommand? {
        guard case .history(let command) = try Arguments(words).action else { return nil }
        return command
    }

    @Test(arguments: [
        ("list", HistoryCommand.Action.list(asJSON: false), HistoryOwner.any, nil),
        ("list --json --owner key/ann", .list(asJSON: true), .only("key/ann"), nil),
        ("list --owner=", .list(asJSON: false), .only(nil), nil),
        ("show trip", .show(id: "trip"), .any, nil),
        ("show -- --trip", .show(id: "--trip"), .any, nil),
        ("export", .export(id: nil, .jsonl, output: nil), .any, nil),
        (
            "export trip --format markdown --output=/f --data /d",
            .export(id: "trip", .markdown, output: "/f"), .any, "/d"
        ),
        ("delete trip --owner key/ann", .delete(id: "trip"), .only("key/ann"), nil),
        ("compact --data=/d", .compact, .any, "/d"),
        ("verify", .verify(asJSON: false), .any, nil),
        ("verify --json", .verify(asJSON: true), .any, nil),
        ("repair", .repair(isDry: false), .any, nil),
        ("repair --dry-run", .repair(isDry: true), .any, nil),
    ])
    func `a command line is read`(
        line: String,
        action: HistoryCommand.Action,
        owner: HistoryOwner,
        folder: String?
    ) throws {
        let words = line.split(separator: " ").map(String.init)
        let command = try #require(try command(["--env-file", "/e", "history"] + words))
        #expect(command.action == action)
        #expect(command.owner == owner)
        #expect(command.folder == folder)
    }

    @Test(arguments: [
        ("", "history needs list, show, export, delete, compact, verify or repair"),
        ("show", "history show needs the id of a conversation"),
        ("delete", "history delete needs the id of a conversation"),
        ("delete a b", "unknown argument b"), ("forget", "unknown argument forget"),
        ("compact --owner a", "unknown argument --owner"), ("list trip", "unknown argument trip"),
        ("delete a --json", "unknown argument --json"), ("verify --dry-run", "unknown argument"),
        ("list --owner", "--owner needs a value"), ("verify --data=", "--data needs a value"),
        ("export --format pdf", "--format: expected jsonl or markdown"),
    ])
    func `a wrong command line is refused`(line: String, problem: String) {
        let words = line.split(separator: " ").map(String.init)
        let error = #expect(throws: ArgumentError.self) { try command(["history"] + words) }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ControlRequest.delete(ConversationName(id: "a\n\"b", owner: nil)),
        .delete(ConversationName(id: "trip", owner: "key/ann")), .compact,
    ])
    func `what a relay is asked for is one line, which it reads`(request: ControlRequest) {
        #expect(request.line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(ControlRequest(request.line.dropLast()) == request)
    }

    @Test(arguments: [ControlAnswer.done, .unknown, .failed("a \"disk\"\nis full")])
    func `what it answers is one line, which is read`(answer: ControlAnswer) {
        #expect(answer.line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(ControlAnswer(answer.line.dropLast()) == answer)
    }

    @Test(arguments: ["", "{}", "[1]", #"{"do":"delete"}"#, #"{"do":"delete","conversation":""}"#])
    func `a line that asks for nothing is no request`(line: String) {
        #expect(ControlRequest(Array(line.utf8)) == nil)
    }
}
