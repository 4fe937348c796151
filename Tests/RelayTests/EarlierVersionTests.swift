import ChatFormats
import Glibc
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Files that an earlier version wrote are read for ever.
///
/// `Left/version-1` is the folder of a relay of two loops that was killed, with the first form of
/// the journal's head: its history had five answers, and its journal had three that were running
/// and one that had just ended.
@Suite(.timeLimit(.minutes(5))) struct EarlierVersionTests {
    private static let iceland = "B1Q-9MNCIU3MhmpNKcTE6VN"
    private static let icelandAsked = """
        {"message":"And of Iceland?","conversation":"trip","user":"ann","model":\
        "simulator?say=Reykjavik%20and%20more&interval_ms=0&pause_after=2&pause_ms=3600000"}
        """
    private static let ended = "AbfUGCAP9OpEOSZltN5IopB"
    private static let endedAsked =
        #"{"message":"ended","model":"simulator?say=It%20had%20ended.&interval_ms=0"}"#

    /// Runs a test with a relay that finds what that one left.
    private func withLeft(_ body: (TestRelay) async throws -> Void) async throws {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let left = "/\(folder)/Left/version-1"
        var template = Array("/tmp/sse-relay-test-XXXXXX".utf8CString)
        let copy = try template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = mkdtemp(start) else {
                throw NoFolder()
            }
            return String(cString: made)
        }
        mkdir(copy + "/journal", 0o700)
        for name in ["0-00000001.journal", "1-00000001.journal"].map({ "journal/" + $0 })
            + ["history.jsonl"]
        {
            let bytes = readFile("\(left)/\(name)")
            #expect(!bytes.isEmpty)
            writeFile("\(copy)/\(name)", bytes)
        }
        try await withRelay(loops: 2, left: copy, { _ in }, body)
    }

    @Test func `what ran becomes a record, once, with all that it had`() async throws {
        try await withLeft { relay in
            let records = try relay.records()
            #expect(records.count == 9)
            #expect(Set(records.compactMap { $0["id"]?.stringValue }).count == 9)
            let cut = try relay.record(Self.iceland)
            #expect(cut["status"]?.stringValue == "interrupted")
            #expect(cut["content"]?.stringValue == "Reykjavik and")
            #expect(cut["conversation"]?.stringValue == "trip")
            #expect(cut["upstream"]?.stringValue == "simulator")
            #expect(cut["model"]?.stringValue?.hasPrefix("simulator?say=Reykjavik") == true)
            #expect(cut["timing"]?["tokens"]?.intValue == 2)
            let whole = try relay.record(Self.ended)
            #expect(whole["status"]?.stringValue == "complete")
            #expect(whole["content"]?.stringValue == "It had ended.")
            let hung = try #require(records.first { $0["content"]?.stringValue == "" })
            #expect(hung["status"]?.stringValue == "interrupted")
        }
    }

    @Test func `its keys are known, and nothing is asked again`() async throws {
        try await withLeft { relay in
            for (key, asked, id, said) in [
                ("iceland", Self.icelandAsked, Self.iceland, "and"),
                ("ended", Self.endedAsked, Self.ended, "ended."),
            ] {
                let client = try relay.connect()
                client.request("POST", "/chat/stream", ["Idempotency-Key": key], body: asked)
                #expect(try client.readHead().id == id)
                #expect(spoken(in: try client.readEvents(), as: .events).hasSuffix(said))
                let other = try relay.exchange(
                    "POST",
                    "/chat/stream",
                    ["Idempotency-Key": key],
                    body: #"{"message":"another"}"#
                )
                #expect(other.head.status == 409)
            }
            #expect(relay.simulator.calls[prompt: "And of Iceland?"] == 0)
            #expect(relay.simulator.calls[prompt: "ended"] == 0)
        }
    }

    @Test func `its history is listed, beside what is recorded now`() async throws {
        try await withLeft { relay in
            let now = try relay.ask("simulator?say=Now.", more: #","conversation":"trip""#)
            let turns = try relay.exchange("GET", "/chat/conversations/trip").json["messages"]
            let answers = (turns?.arrayValue ?? []).filter {
                $0["role"]?.stringValue == "assistant"
            }
            #expect(
                answers.map { $0["content"]?.stringValue } == [
                    "Lisbon.", "Oslo.", "Reykjavik and", "Now.",
                ]
            )
            #expect(answers.allSatisfy { $0["model"]?.stringValue?.isEmpty == false })
            #expect(answers.last?["id"]?.stringValue == now.head.id)
            let records = try relay.exchange("GET", "/chat/history").json["records"]?.arrayValue
            #expect(records?.count == 10)
            let some = try relay.exchange("GET", "/chat/history?user=ann").json["records"]
            #expect(some?.arrayValue?.count == 3)
            let reader = try relay.connect()
            reader.request("GET", "/chat/streams/Axyegw3tvzMHj4o6SG1mICI")
            #expect(try reader.readHead().status == 200)
            #expect(spoken(in: try reader.readEvents(), as: .events) == "Oslo.")
            // The export has lines of both versions, unchanged.
            let client = try relay.connect()
            client.request("GET", "/chat/history?format=jsonl")
            #expect(try client.readHead().status == 200)
            let lines = try client.readBody().split(separator: UInt8(ascii: "\n"))
            let old = readFile(relay.folder + "/history.jsonl")
                .split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 10)
            #expect(lines.prefix(5).elementsEqual(old.prefix(5)))
        }
    }
}
