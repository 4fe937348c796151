import ChatFormats
import Glibc
import HTTPServer
import Loop
import Storage
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// What was asked under a key is not paid again after a restart.
@Suite(.timeLimit(.minutes(5))) struct KeptKeyTests {
    private static let model = "simulator?say=paid%20once&interval_ms=0"

    private func ask(
        _ relay: TestRelay,
        _ route: String = "/chat/stream",
        key: String = "k",
        message: String = "hi",
        model: String = KeptKeyTests.model,
        more: String = ""
    ) throws -> (head: Head, text: String) {
        let client = try relay.connect()
        let words =
            route.hasPrefix("/v1/")
            ? "\"messages\":[{\"role\":\"user\",\"content\":\(quoted(message))}]"
            : "\"message\":\(quoted(message))"
        client.request(
            "POST",
            route,
            ["Idempotency-Key": key],
            body: "{\(words),\"model\":\(quoted(model))\(more)}"
        )
        let head = try client.readHead()
        return (head, String(decoding: try client.readBody(), as: UTF8.self))
    }

    /// Waits until the journal has let go of everything: then only the file of keys has the key.
    private func isLetGo(_ relay: TestRelay) -> Bool { waits { relay.journalItems().isEmpty } }

    @Test(arguments: [true, false])
    func `an ended answer is served after a kill, whichever file has its key`(
        isLetGo: Bool
    )
        async throws
    {
        try await withRelay { relay in
            let id = try ask(relay).head.id
            if isLetGo { #expect(self.isLetGo(relay)) }
            try await withRelay(left: relay.killed()) { next in
                for (route, more, last) in [
                    ("/chat/stream", "", "[DONE]\n\n"), ("/stream-chat", "", "[DONE]\n\n"),
                    ("/chat/completions", "", "[DONE]\n\n"),
                    ("/v1/chat/completions", #","stream":true"#, "[DONE]\n\n"),
                    ("/v1/chat/completions", "", "}"), ("/api/streaming", "", "}\n"),
                ] {
                    let (head, text) = try ask(next, route, more: more)
                    #expect(head.status == (route == "/api/streaming" ? 202 : 200), "\(route)")
                    #expect(head.id == id, "\(route)")
                    #expect(text.hasSuffix(last), "\(route): \(text)")
                }
                #expect(try ask(next, message: "another").head.status == 409)
                #expect(next.simulator.calls[prompt: "hi"] == 0)
                #expect(try next.records().count == 1)
                #expect(next.service.stores.keys.count == 1)
            }
        }
    }

    @Test func `an answer that was cut by a kill is known after the next one too`() async throws {
        try await withRelay { relay in
            let model = "simulator?tokens=100000&interval_ms=20"
            let (client, head) = try relay.begin(model, more: #","id":"k""#)
            _ = try client.readEvent()
            _ = try client.readEvent()
            try await withRelay(left: relay.killed()) { next in
                #expect(isLetGo(next))
                try await withRelay(left: next.killed()) { last in
                    let again = try ask(last, model: model)
                    #expect(again.head.id == head.id)
                    #expect(again.text.contains("interrupted"))
                    #expect(last.simulator.calls[prompt: "hi"] == 0)
                    #expect(try last.records().count == 1)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `an answer whose record alone was written is not paid again`(isCut: Bool) async throws {
        let model = "simulator?tokens=\(isCut ? 100_000 : 30)&interval_ms=20"
        try await withRelay { relay in
            let (client, head) = try relay.begin(model, more: #","id":"k""#)
            _ = try client.readEvent()
            _ = try client.readEvent()
            let left = try relay.killed()
            var history: [UInt8]
            if isCut {
                // The start after the kill writes the record, and is killed before the key's line.
                history = try await withRelay(afterKilling: relay) { next in
                    _ = try next.record(head.id)
                    return readFile(next.folder + "/history.jsonl")
                }
            } else {
                // The journal's disk refuses until after the end.
                _ = try client.readEvents()
                _ = try relay.record(head.id)
                history = readFile(relay.folder + "/history.jsonl")
            }
            writeFile(left + "/history.jsonl", history)
            writeFile(left + "/" + KeyFile.name, [])
            try await withRelay(left: left) { next in
                let again = try ask(next, model: model)
                #expect(again.head.id == head.id)
                #expect(again.text.contains("interrupted") == isCut)
                #expect(isLetGo(next))
                // The file has it from now on.
                try await withRelay(afterKilling: next) { last in
                    let later = try ask(last, model: model)
                    #expect(later.head.id == head.id)
                    #expect(last.simulator.calls[prompt: "hi"] == 0)
                }
                #expect(next.simulator.calls[prompt: "hi"] == 0)
            }
        }
    }

    @Test func `the journal stays until the key is in its file`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock, reportsKeys: false) { relay in
            let path = relay.folder + "/" + KeyFile.name
            #expect(rename(path, path + ".away") == 0)
            #expect(mkdir(path, 0o700) == 0)
            let id = try ask(relay).head.id
            _ = try relay.record(id)
            // This is longer than the journal keeps what is recorded.
            for _ in 0..<30 { await clock.advance(by: .milliseconds(100)) }
            #expect(!relay.journalItems().isEmpty)
            #expect(rmdir(path) == 0)
            try await clock.turn { relay.journalItems().isEmpty }
        }
    }

    @Test(arguments: ["hi", "another"])
    func `a deleted conversation frees its keys, also across a restart`(
        message: String
    )
        async throws
    {
        try await withRelay { relay in
            let conversation = #","conversation":"c""#
            let first = try ask(relay, more: conversation).head.id
            #expect(isLetGo(relay))
            let deleted = try relay.exchange("DELETE", "/chat/conversations/c")
            #expect(deleted.head.status == 204)
            for route in ["/chat/stream", "/api/streaming"] {
                try await withRelay(left: relay.killed()) { next in
                    let again = try ask(next, route, message: message, more: conversation)
                    #expect([200, 202].contains(again.head.status))
                    #expect(again.head.id != first)
                    #expect(waits { next.simulator.calls[prompt: message] == 1 })
                }
            }
        }
    }

    @Test func `a failure before anything leaves no key`() async throws {
        try await withRelay {
            $0.maxRetries = 0
        } _: { relay in
            #expect(try ask(relay, model: "simulator?status=429").head.status == 429)
            #expect(isLetGo(relay))
            try await withRelay(left: relay.killed()) { next in
                #expect(next.service.stores.keys.count == 0)
                let again = try ask(next)
                #expect(again.head.status == 200)
                #expect(next.simulator.calls[prompt: "hi"] == 1)
            }
        }
    }

    @Test func `a key is valid up to its age, and not beyond it`() async throws {
        try await withRelay { relay in
            let id = try ask(relay).head.id
            #expect(isLetGo(relay))
            for (seconds, isKnown) in [(595, true), (605, false)] {
                let left = try relay.killed()
                try age(left, bySeconds: seconds)
                try await withRelay(left: left) { next in
                    let again = try ask(next)
                    #expect((again.head.id == id) == isKnown)
                    #expect(next.simulator.calls[prompt: "hi"] == (isKnown ? 0 : 1))
                }
            }
        }
    }

    /// Makes all keys of a folder older by this much.
    private func age(_ folder: String, bySeconds seconds: Int) throws {
        let path = folder + "/" + KeyFile.name
        var bytes: [UInt8] = []
        for line in readFile(path).split(separator: UInt8(ascii: "\n")) {
            let line = Array(line)
            let read = KeptKey(line.span)
            let key = try #require(read)
            let older = RequestKey(key).kept(
                for: key.generation,
                endedAt: key.endedAt - 1000 * seconds
            )
            bytes += older.line + [UInt8(ascii: "\n")]
        }
        #expect(!bytes.isEmpty)
        writeFile(path, bytes)
    }

    // MARK: What nobody waited for

    @Test(arguments: ["/v1/chat/completions", "/chat/stream"])
    func `an abandoned answer gives what came of it with its ending, from memory and record`(
        route: String
    ) async throws {
        try await withRelay { relay in
            let model =
                "simulator?say=came%20before%20it&interval_ms=0&pause_after=2&pause_ms=600000"
            let more = #","on_disconnect":"cancel","id":"k""#
            let (client, head) = try relay.begin(model, more: more)
            for _ in 0..<3 { _ = try client.readEvent() }
            client.close()
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "abandoned")
            #expect(isLetGo(relay))
            func check(_ relay: TestRelay) throws {
                let whole = try ask(relay, route, model: model)
                #expect(whole.head.status == 200 && whole.head.id == head.id)
                #expect(whole.text.contains("abandoned"), "\(whole.text)")
                #expect(whole.text.contains("came"), "\(whole.text)")
                guard route == "/v1/chat/completions" else { return }
                let json = try JSON.parse(Array(whole.text.utf8).span)
                #expect(json["status"]?.stringValue == "abandoned")
                #expect(json["error"]?["code"]?.stringValue == "abandoned")
                let choice = json["choices"]?.arrayValue?.first
                #expect(choice?["finish_reason"]?.stringValue == "length")
                #expect(choice?["message"]?["content"] == record["content"])
            }
            try check(relay)
            try await withRelay(left: relay.killed()) { next in
                try check(next)
                #expect(next.simulator.calls[prompt: "hi"] == 0)
            }
        }
    }

    // MARK: The table

    @Test func `restored keys end at their age, whatever the clock did`() {
        let table = KeyTable(maxCount: 3)
        let ages = [0, 9_000, 5_000, -100_000, 10_000]
        let kept = ages.enumerated().map { place, age in
            RequestKey(text: "k\(place)", fingerprint: .init(hash: 1))
                .kept(for: "g\(place)", endedAt: 1_000_000 - age)
        }
        let second = Nanoseconds.seconds(1)
        table.restore(kept, life: 10 * second, at: 100 * second, wallMilliseconds: 1_000_000)
        // The first two are more than there is room for, and the last is over.
        #expect(table.count == 2)
        func claim(_ place: Int, _ seconds: Nanoseconds) -> KeyTable.Claim {
            let key = RequestKey(text: "k\(place)", fingerprint: .init(version: 2, hash: 2))
            return table.claim(key, for: "new", at: seconds * second)
        }
        #expect(claim(2, 104) == .recorded(generation: "g2"))
        #expect(claim(3, 104) == .recorded(generation: "g3"))
        let other = RequestKey(text: "k3", fingerprint: .init(hash: 2))
        #expect(
            table.claim(other, for: "new", at: 104 * second)
                == .otherRecorded(generation: "g3")
        )
        #expect(claim(2, 105) == .claimed)
        #expect(claim(3, 109) == .recorded(generation: "g3"))
        #expect(claim(3, 110) == .claimed)
    }

    @Test func `what the journal has comes before what the file has`() {
        let table = KeyTable(maxCount: 3)
        let key = RequestKey(text: "k", fingerprint: .init(hash: 1))
        let second = Nanoseconds.seconds(1)
        table.restore(
            [key.kept(for: "old", endedAt: 0)],
            life: 10 * second,
            at: 0,
            wallMilliseconds: 0
        )
        #expect(table.adopt(key, for: "old", at: 0))
        #expect(table.claim(key, for: "new", at: 0) == .taken(generation: "old"))
        #expect(!table.adopt(key, for: "later", at: 0))
        #expect(table.claim(key, for: "new", at: 11 * second) == .taken(generation: "later"))
    }
}
