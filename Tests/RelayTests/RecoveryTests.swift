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

/// A process that is killed leaves all that its clients had, and a new process serves it to those
/// that come back.
@Suite(.serialized) struct RecoveryTests {
    @Test(.timeLimit(.minutes(2)))
    func `a killed process's answer is read on to its last entry and ends as interrupted`()
        async throws
    {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=40&interval_ms=20")
            var had: [Event] = []
            while had.count < 10 { had.append(try #require(try client.readEvent())) }
            try await withRelay(afterKilling: relay) { next in
                let again = try next.resume(head.id, after: had[had.count - 1].id)
                let numbers = (had + again.events).compactMap { EntryID($0.id)?.sequence }
                // What it cost, which is no event of its own, comes just before the end.
                #expect(numbers == Array(0..<numbers.count - 1) + [numbers.count])
                #expect(again.last.name == "error")
                #expect(again.last.json["status"]?.stringValue == "interrupted")
                let record = try next.record(head.id)
                #expect(record["status"]?.stringValue == "interrupted")
                let text = spoken(in: had + again.events, as: .events)
                #expect(record["content"]?.stringValue == text)
                // Nobody has counted it: four bytes count as a token.
                let usage = try #require(record["usage"])
                #expect(usage["prompt_tokens"]?.intValue == 1)
                #expect(usage["completion_tokens"]?.intValue == (text.utf8.count + 3) / 4)
                #expect(usage["estimated"] == .bool(true))
                #expect(record["messages"]?.arrayValue?.first?["content"]?.stringValue == "hi")
                #expect(next.calls("simulator?tokens=40&interval_ms=20").calls == 0)
                // From its beginning, too, in another dialect.
                let whole = try next.exchange("GET", "/chat/streams/\(head.id)?format=tokens")
                #expect(whole.head.status == 200)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an answer that had ended keeps its end, and its one record`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=3&interval_ms=0")
            _ = try relay.record(heard.head.id)
            try await withRelay(afterKilling: relay) { next in
                let again = try next.resume(heard.head.id, after: "\(heard.head.id).1")
                #expect(again.last.data == "[DONE]")
                let record = try next.record(heard.head.id)
                #expect(record["status"]?.stringValue == "complete")
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `the history is not believed after the first record that the journal names`()
        async throws
    {
        try await withRelay { relay in
            _ = try relay.ask("simulator?tokens=3&interval_ms=0")
            #expect(waits { relay.journalItems().isEmpty })
            let old = fileSize(relay.folder + "/history.jsonl")
            let running = [
                try relay.begin("simulator?tokens=100000&interval_ms=20"),
                try relay.begin("simulator?tokens=100000&interval_ms=21"),
            ]
            for (client, _) in running { _ = try client.readEvent() }
            let left = try relay.killed()
            defer { removeTree(left) }
            for (_, head) in running {
                _ = try relay.exchange("DELETE", "/chat/streams/\(head.id)")
                _ = try relay.record(head.id)
            }
            // The journal is from before the kill, the history from after it.
            let history = readFile(relay.folder + "/history.jsonl")
            writeFile(left + "/history.jsonl", history)
            let recovery = try Recovery(
                JournalFolder(path: left + "/journal"),
                history: try HistoryFile.paths(in: left),
                deletions: Deletions(directory: left)
            )
            #expect(recovery.left.isEmpty)
            #expect(recovery.doubtful == old..<history.count)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `where the history cannot be read what is left waits until it can be`() async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=100000&interval_ms=20")
            let first = try #require(try client.readEvent())
            let left = try relay.killed()
            // This cannot be read: it is a link to itself.
            let part = left + "/history-000001.jsonl"
            #expect(symlink(part, part) == 0)
            try await withRelay(left: left) { next in
                let again = try next.resume(head.id, after: first.id)
                #expect(again.last.json["status"]?.stringValue == "interrupted")
                #expect(try next.records().isEmpty)
                // A stop may not remove the journal.
                #expect(!next.service.isAllRecorded)
                let readiness = try next.exchange("GET", "/readyz")
                #expect(readiness.head.status == 503)
                #expect(readiness.json["error"]?["code"]?.stringValue == "recovery_waits")
                unlink(part)
                #expect(waits { next.service.isAllRecorded })
                #expect(waits { next.service.isReady })
                _ = try next.record(head.id)
                try await withRelay(afterKilling: next) { last in
                    let record = try last.record(head.id)
                    #expect(record["status"]?.stringValue == "interrupted")
                    #expect(last.service.isAllRecorded)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [0, 1])
    func `an answer whose end only the history has is served with that end`(
        missing: Int
    ) async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=20&interval_ms=20")
            let first = try #require(try client.readEvent())
            // This is the journal where the disk takes no more of it from now on.
            let left = try relay.killed()
            let events = try client.readEvents()
            #expect(events.last?.name == "done")
            _ = try relay.record(head.id)
            let file = try #require(fopen(left + "/history.jsonl", "w"))
            // A disk may have had no room for the end of the line.
            let history = readFile(relay.folder + "/history.jsonl").dropLast(missing)
            #expect(fwrite(Array(history), 1, history.count, file) == history.count)
            fclose(file)
            let recovery = try Recovery(
                JournalFolder(path: left + "/journal"),
                history: [left + "/history.jsonl"],
                deletions: Deletions(directory: left)
            )
            #expect(recovery.left.isEmpty)
            try await withRelay(left: left) { next in
                let again = try next.resume(head.id, after: first.id)
                #expect(again.last.name == "done")
                #expect(try next.record(head.id)["status"]?.stringValue == "complete")
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["Hello", "status", "finish_reason"])
    func `a record with a hole is written anew where the journal has the answer whole`(
        place: String
    ) async throws {
        try await withRelay { relay in
            var id = ""
            var left = ""
            // On a busy machine a record may be safe, and the journal empty, before it is copied.
            for _ in 0..<50 {
                if !left.isEmpty { removeTree(left) }
                id = try relay.ask("simulator?tokens=20&interval_ms=0").head.id
                left = try relay.killed()
                let journal = namesIn(left + "/journal").map { readFile(left + "/journal/" + $0) }
                if journal.contains(where: { $0.firstRange(of: id.utf8) != nil }) { break }
            }
            let whole = try relay.record(id)
            // A loss of power may take the middle of what was not safe, and leave the end.
            var history = readFile(relay.folder + "/history.jsonl")
            let start = try #require(history.firstRange(of: id.utf8)).upperBound
            let hole = try #require(history[start...].firstRange(of: place.utf8)).lowerBound
            for place in hole..<hole + 24 { history[place] = 0 }
            writeFile(left + "/history.jsonl", history)
            try await withRelay(left: left) { next in
                // `record` reads each line as one.
                let record = try next.record(id)
                #expect(record["content"] == whole["content"])
                #expect(!readFile(next.folder + "/history.jsonl").contains(0))
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [0, 8])
    func `an answer in two segments, of which one has lost its header, has one record`(
        damage: Int
    ) async throws {
        try await withRelay { relay in
            let (client, head) = try relay.begin("simulator?tokens=100000&interval_ms=20")
            let first = try #require(try client.readEvent())
            let left = try relay.killed()
            // As if the first had only the beginning, and the second went on; the first is taken for
            // another process's.
            let segment = left + "/journal/0-00000001.journal"
            var bytes = readFile(segment)
            writeFile(left + "/journal/0-00000002.journal", bytes)
            bytes[damage] ^= 0xFF
            writeFile(segment, bytes)
            try await withRelay(left: left) { next in
                let again = try next.resume(head.id, after: first.id)
                #expect(again.last.json["status"]?.stringValue == "interrupted")
                _ = try next.record(head.id)
                let records = try next.records()
                #expect(records.count { $0["id"]?.stringValue == head.id } == 1)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `of two answers under one number neither has anything of the other`() async throws {
        let folder = try makeFolder()
        defer { removeTree(folder) }
        let loop = try EventLoop(index: 0)
        try await loop.run { loop throws(StorageError) in
            let owner = Journal.open(
                try JournalFolder(path: folder + "/journal"),
                durability: .never,
                on: loop.reactor,
                post: { [loop] work in loop.post { _ in work() } },
                report: { Issue.record("the journal reports \($0)") },
                for: KeptJournal.init
            )
            defer { withExtendedLifetime(owner) {} }
            let journal = owner.journal
            for (id, text) in [("A1", "mine"), ("B1", "yours")] {
                var head: [UInt8] = []
                JournalHead(
                    id: id,
                    source: .init(upstream: "u", model: "m"),
                    startedAt: 1_795_881_375_615,
                    includesUsage: false,
                    record: Array("{\"id\":\"\(id)\"".utf8)
                )
                .append(to: &head)
                journal.frame.begin(number: 1, head: head.span)
                for (place, kind, payload) in [(0, EntryKind.start, "{}"), (1, .text, text)] {
                    journal.frame.entry(
                        number: 1,
                        sequence: place,
                        kind: kind.rawValue,
                        payload: Array(payload.utf8).span
                    )
                }
                #expect(journal.commit())
            }
        }
        await loop.stop()
        let recovery = try Recovery(
            JournalFolder(path: folder + "/journal"),
            history: [],
            deletions: Deletions(directory: folder)
        )
        let contents = try recovery.left.map {
            [$0.head.id, try JSON.parse($0.record.span)["content"]?.stringValue]
        }
        #expect(contents == [["A1", "mine"], ["B1", "yours"]])
    }

    @Test(.timeLimit(.minutes(2)))
    func `an answer of a deleted conversation is not taken over, and its text goes`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask(
                "simulator?say=secret&interval_ms=0",
                more: ",\"conversation\":\"c\""
            )
            let deleted = try relay.exchange("DELETE", "/chat/conversations/c")
            #expect(deleted.head.status == 204)
            try await withRelay(afterKilling: relay) { next in
                let again = try next.exchange("GET", "/chat/streams/\(heard.head.id)")
                #expect(again.head.status == 404)
                let found = try next.exchange("GET", "/chat/history").json
                #expect(found["records"]?.arrayValue?.isEmpty == true)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an answer taken over goes with its conversation`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=3", more: ",\"conversation\":\"c\"")
            try await withRelay(afterKilling: relay) { next in
                let path = "/chat/streams/\(heard.head.id)"
                #expect(try next.exchange("GET", path).head.status == 200)
                let deleted = try next.exchange("DELETE", "/chat/conversations/c")
                #expect(deleted.head.status == 204)
                #expect(try next.exchange("GET", path).head.status == 404)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `fewer loops than before find the answers of all`() async throws {
        try await withRelay(loops: 3) { relay in
            var ids: [String] = []
            var clients: [TestClient] = []
            while Set(ids.compactMap(GenerationID.loop)).count < 3, ids.count < 60 {
                let (client, head) = try relay.begin("simulator?tokens=400&interval_ms=50")
                _ = try client.readEvent()
                clients.append(client)
                ids.append(head.id)
            }
            try await withRelay(afterKilling: relay) { next in
                for id in ids {
                    let again = try next.resume(id, after: "\(id).0")
                    #expect(again.head.status == 200 && again.last.name == "error")
                }
            }
            withExtendedLifetime(clients) {}
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `the journal goes once its answers are in the history`() async throws {
        try await withRelay { relay in
            let heard = try relay.ask("simulator?tokens=3&interval_ms=0")
            _ = try relay.record(heard.head.id)
            #expect(!relay.journalItems().isEmpty)
            #expect(waits { relay.journalItems().isEmpty })
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [Durability.always, .never])
    func `every durability sends the end`(durability: Durability) async throws {
        try await withRelay(durability: durability) { relay in
            for _ in 0..<20 {
                let heard = try relay.ask("simulator?tokens=3&interval_ms=0")
                #expect(heard.last.data == "[DONE]")
            }
            let refused = try relay.ask("simulator?status=400")
            #expect(refused.head.status == 400)
        }
    }
}
