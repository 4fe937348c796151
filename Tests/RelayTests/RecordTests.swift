import ChatFormats
import Glibc
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// One whole record for each answer, however it ended.
@Suite struct RecordTests {
    private static let names = [
        "id", "conversation", "user", "owner", "started_at", "requested_model", "after", "key",
        "fingerprint", "messages", "ended_at", "upstream", "model", "content", "status",
        "finish_reason", "usage", "timing", "error",
    ]

    @Test(.timeLimit(.minutes(5)))
    func `what the history had no room for is made again from the journal`() async throws {
        try await withRelay(maxPendingBytes: 2000) { relay in
            let path = relay.folder + "/history.jsonl"
            #expect(rename(path, path + ".away") == 0)
            #expect(mkdir(path, 0o700) == 0)
            var said: [String: String] = [:]
            for number in 0..<12 {
                let heard = try relay.ask("simulator?say=answer%20\(number)&interval_ms=0")
                said[heard.head.id] = "answer \(number)"
            }
            #expect(waits { !relay.service.isAllRecorded })
            let begun = relay.journalItems().filter { $0.hasPrefix("begin") }
            #expect(begun.count == said.count)
            #expect(rmdir(path) == 0)
            #expect(waits { relay.service.isAllRecorded })
            let records = try relay.records()
            #expect(records.count == said.count)
            for record in records {
                #expect(record["status"]?.stringValue == "complete")
                #expect(record["timing"]?["tokens"]?.intValue ?? 0 > 0)
                let id = record["id"]?.stringValue ?? ""
                #expect(record["content"]?.stringValue == said[id])
            }
            #expect(waits { relay.journalItems().isEmpty })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what neither the journal nor the history took keeps no place in the journal`()
        async throws
    {
        try await withRelay(maxPendingBytes: 2000) {
            $0.keptBytes = 10_000
        } _: { relay in
            let history = relay.folder + "/history.jsonl"
            #expect(rename(history, history + ".away") == 0)
            #expect(mkdir(history, 0o700) == 0)
            let journal = relay.folder + "/journal"
            removeTree(journal)
            writeFile(journal, [])
            // Only the last of them are in memory when the journal's disk takes them; it was tried with
            // some of the others before.
            var ids: Set<String> = []
            while ids.count < 24 {
                ids.insert(try relay.ask("simulator?tokens=2&interval_ms=0").head.id)
                if ids.count == 12 { usleepMilliseconds(1000) }
            }
            #expect(unlink(journal) == 0)
            #expect(waits { !relay.journalItems().isEmpty })
            #expect(relay.journalItems().count { $0.hasPrefix("begin") } < 12)
            #expect(rmdir(history) == 0)
            #expect(waits { relay.journalItems().isEmpty })
            #expect(!relay.service.isAllRecorded)
            #expect(readFile(history).count { $0 == UInt8(ascii: "\n") } < ids.count)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `every way to end gives one record with all fields`() async throws {
        let clock = ManualClock()
        try await withRelay(loops: 2, clock: clock) { relay in
            let weathers = [
                ("tokens=3&interval_ms=0", "complete"), ("finish=length&tokens=1", "length"),
                ("cut_after=2", "truncated"), ("error_after=2", "upstream_error"),
                ("pause_after=2&pause_ms=600000", "timeout"), ("status=400", "upstream_error"),
            ]
            var wanted: [String: String] = [:]
            for (weather, status) in weathers {
                for name in ["simulator", "claude-x"] {
                    let client = try relay.connect()
                    let query = "prompt=hi&conversation=c%2F1&user=%C3%BC"
                    let model = encoded("\(name)?\(weather)")
                    client.request("GET", "/chat/stream?\(query)&model=\(model)")
                    let id = try client.readHead().id
                    wanted[id] = status
                    if status == "timeout" {
                        // The start and what comes before the pause.
                        for _ in 0..<3 { _ = try client.readEvent() }
                        try await clock.pass(.seconds(120)) {
                            let records = try relay.records()
                            #expect(!records.contains { $0["id"]?.stringValue == id })
                        }
                    }
                    _ = try client.readEvents()
                }
            }
            let records = try relay.records()
            #expect(records.count == wanted.count)
            for record in records {
                check(record)
                #expect(record["status"]?.stringValue == wanted[record["id"]?.stringValue ?? ""])
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `words that come in one piece with the failure have their time`() async throws {
        let events = [
            #"{"choices":[{"index":0,"delta":{"content":"well"}}]}"#,
            #"{"error":{"message":"no more","type":"server_error"}}"#,
        ]
        try await withRelay(asking: [.init(events: events)]) { relay, _ in
            let record = try relay.record(try relay.ask("m").head.id)
            #expect(record["status"]?.stringValue == "upstream_error")
            #expect(record["content"]?.stringValue == "well")
            #expect(record["timing"]?["ttft_ms"]?.intValue != nil)
        }
    }

    /// The members that only some records have.
    private static let rareNames = ["reasoning", "tool_calls", "native_finish_reason"]

    private func check(_ record: JSON) {
        let names = record.members?.map(\.key).filter { !Self.rareNames.contains($0) }
        #expect(names == Self.names)
        #expect(record["conversation"]?.stringValue == "c/1")
        #expect(record["user"]?.stringValue == "ü")
        let start = record["started_at"]?.stringValue ?? ""
        let end = record["ended_at"]?.stringValue ?? ""
        #expect(start.count == 24 && end.count == 24 && start <= end)
        #expect(["simulator", "claude-simulator"].contains(record["upstream"]?.stringValue))
        #expect(record["messages"]?.arrayValue?.first?["role"]?.stringValue == "user")
        #expect(record["messages"]?.arrayValue?.first?["content"]?.stringValue == "hi")
        #expect(record["content"]?.stringValue != nil)
        let timing = record["timing"]
        #expect(timing?["total_ms"]?.intValue != nil)
        #expect(timing?["tokens"]?.intValue != nil)
        #expect(timing?["retries"]?.intValue == 0)
        let hasContent = record["content"]?.stringValue?.isEmpty == false
        #expect((timing?["ttft_ms"]?.intValue != nil) == hasContent)
        let isWhole = ["complete", "length"].contains(record["status"]?.stringValue)
        #expect((record["error"] == .null) == isWhole)
        #expect((record["finish_reason"]?.stringValue != nil) == isWhole)
        #expect((record["usage"]?["total_tokens"]?.intValue != nil) || !isWhole)
        if !isWhole {
            #expect(record["error"]?["type"]?.stringValue != nil)
            #expect(record["error"]?["message"]?.stringValue != nil)
            #expect(record["error"]?["code"] != nil)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what was asked is kept as it was asked`() async throws {
        try await withRelay { relay in
            let messages =
                #"[{"role":"user","content":[{"type":"text","text":"a\nb"}]},"#
                + #"{"role":"assistant","content":"c"},{"role":"user","content":"\"d\"\u2028"}]"#
            let client = try relay.connect()
            client.request(
                "POST",
                "/chat/stream",
                body: "{\"messages\":\(messages),\"system\":\"s\",\"model\":\"simulator?tokens=1\"}"
            )
            let head = try client.readHead()
            _ = try client.readEvents()
            let kept = try #require(try relay.record(head.id)["messages"]?.arrayValue)
            let asked = try JSON.parse(Array(messages.utf8).span).arrayValue ?? []
            #expect(kept.first?["role"]?.stringValue == "system")
            #expect(kept.first?["content"]?.stringValue == "s")
            #expect(Array(kept.dropFirst()) == asked)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `many answers at once give as many records`() async throws {
        try await withRelay(loops: 2) { relay in
            var clients: [TestClient] = []
            for number in 0..<60 {
                let client = try relay.connect()
                client.request(
                    "POST",
                    "/chat/stream",
                    body:
                        "{\"message\":\"n\(number)\",\"model\":\"simulator?echo=1&interval_ms=1\"}"
                )
                clients.append(client)
            }
            var texts: [String: String] = [:]
            for client in clients {
                let head = try client.readHead()
                texts[head.id] = spoken(in: try client.readEvents(), as: .events)
            }
            let records = try relay.records()
            #expect(records.count == 60)
            for record in records {
                #expect(record["content"]?.stringValue == texts[record["id"]?.stringValue ?? ""])
            }
            #expect(Set(texts.values).count == 60)
        }
    }

    @Test func `delivered answers beyond the bound go, the oldest first`() async throws {
        try await withRelay {
            $0.keptBytes = 10_000
        } _: { relay in
            var ids: [String] = []
            for _ in 0..<12 {
                ids.append(try relay.ask("simulator?tokens=2&interval_ms=0").head.id)
            }
            let found = try ids.map {
                try relay.exchange("DELETE", "/chat/streams/\($0)").head.status == 204
            }
            #expect(found.last == true)
            #expect(found.first == false)
            #expect((2...5).contains(found.count { $0 }))
            #expect(await relay.service.load().generations == 0)
        }
    }
}
