import ChatFormats
import Dispatch
import Glibc
import Loop
import Storage
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Only the end of a long answer is in memory, and no client can see that.
@Suite(.serialized) struct WindowTests {
    private static let windowBytes = 16 * 1024
    /// Several windows.
    private static let long = "simulator?tokens=\(tokens)&interval_ms=0&batch=50"
    private static let tokens = isSanitized ? 6_000 : 20_000
    private static let finish = "?on_disconnect=finish"

    private func withWindow(
        keepsJournal: Bool = true,
        clock: ManualClock? = nil,
        _ body: (TestRelay) async throws -> Void
    ) async throws {
        try await withRelay(
            clock: clock,
            keepsJournal: keepsJournal,
            { $0.logWindowBytes = Self.windowBytes },
            body
        )
    }

    @Test(.timeLimit(.minutes(5)), arguments: Dialect.eventStreams)
    func `a client that comes late gets all of it, from the journal and from memory`(
        dialect: Dialect
    ) async throws {
        let clock = ManualClock()
        try await withWindow(clock: clock) { relay in
            let (client, head) = try relay.begin(Self.long, query: "?format=\(dialect.name)")
            let early = try client.readEvents()
            let held = try #require(await relay.held(head.id))
            #expect(held.first > 0 && held.bytes <= Self.windowBytes)
            // Its record is in the history, and the journal no longer names it.
            _ = try relay.record(head.id)
            try await clock.turn { relay.journalItems().isEmpty }
            let late = try relay.connect()
            late.request(
                "GET",
                "/chat/streams/\(head.id)?format=\(dialect.name)",
                ["Accept": "text/event-stream"]
            )
            _ = try late.readHead()
            let events = try late.readEvents()
            #expect(events.count == early.count)
            #expect(spoken(in: events, as: dialect) == spoken(in: early, as: dialect))
            #expect(relay.calls(Self.long).calls == 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that comes back anywhere goes on with the next entry`() async throws {
        try await withWindow { relay in
            let heard = try relay.ask(Self.long)
            let id = heard.head.id
            let first = try #require(await relay.held(id)).first
            let count = heard.events.count
            for place in [0, 1, 777, first - 2, first - 1, first, first + 1, count - 4] {
                let again = try relay.resume(id, after: "\(id).\(place)")
                #expect(again.events.first?.id == "\(id).\(place + 1)")
                #expect(again.events.map(\.data) == heard.events.dropFirst(place + 1).map(\.data))
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the record and the answer in one piece are whole`() async throws {
        try await withWindow { relay in
            let heard = try relay.ask(Self.long)
            let text = spoken(in: heard.events, as: .events)
            let record = try relay.record(heard.head.id)
            #expect(record["content"]?.stringValue == text)
            #expect(record["timing"]?["tokens"]?.intValue == Self.tokens)
            #expect(record["status"]?.stringValue == "complete")
            let completion = try relay.exchange(
                "POST",
                "/v1/chat/completions",
                body:
                    "{\"model\":\(quoted(Self.long)),\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
            )
            #expect(completion.head.status == 200)
            let message = completion.json["choices"]?.arrayValue?.first?["message"]
            #expect(message?["content"]?.stringValue == text)
        }
    }

    /// Larger than what an unread answer keeps in memory, and smaller than the window of one that is
    /// read: the journal lets go of it when it has ended.
    @Test(.timeLimit(.minutes(5)))
    func `an ended answer within the window is there whole for a client that comes back`()
        async throws
    {
        try await withRelay { relay in
            let model = "simulator?tokens=10000&interval_ms=0&batch=50"
            let key = ["Idempotency-Key": "k"] as HeaderFields
            let body = #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]}"#
            func ask() throws -> String? {
                try relay.exchange("POST", "/v1/chat/completions", key, body: body)
                    .json["choices"]?.arrayValue?.first?["message"]?["content"]?.stringValue
            }
            let first = try ask()
            let text = try #require(first)
            let heard = try relay.ask(model)
            let id = heard.head.id
            let held = try #require(await relay.held(id))
            #expect(held.first == 0 && held.bytes > 64 * 1024 && held.bytes < 256 * 1024)
            _ = try relay.record(id)
            for place in [0, 100, 9_000] {
                let again = try relay.resume(id, after: "\(id).\(place)")
                #expect(again.events.map(\.data) == heard.events.dropFirst(place + 1).map(\.data))
            }
            let late = try relay.connect()
            late.request("GET", "/chat/streams/\(id)")
            _ = try late.readHead()
            #expect(try late.readEvents().map(\.data) == heard.events.map(\.data))
            #expect(try ask() == text)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a long answer that is cut by the end of the process is on record as far as it came`()
        async throws
    {
        try await withWindow { relay in
            let model = "simulator?tokens=100000&interval_ms=5&batch=100"
            let (client, head) = try relay.begin(model, query: Self.finish)
            var first = 0
            while first == 0 {
                _ = try client.readEvent()
                first = try #require(await relay.held(head.id)).first
            }
            await relay.service.interrupt()
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "interrupted")
            let events = try client.readEvents()
            #expect(events.last?.name == "error")
            #expect((record["timing"]?["tokens"]?.intValue ?? 0) >= first)
            let text = try #require(record["content"]?.stringValue)
            #expect(text.hasPrefix(String(decoding: Answer.text.prefix(100), as: UTF8.self)))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `without a journal all of it stays in memory and goes to the record`() async throws {
        try await withWindow(keepsJournal: false) { relay in
            let heard = try relay.ask(Self.long)
            #expect(try #require(await relay.held(heard.head.id)).first == 0)
            let record = try relay.record(heard.head.id)
            #expect(record["timing"]?["tokens"]?.intValue == Self.tokens)
            let again = try relay.resume(heard.head.id, after: "\(heard.head.id).5")
            #expect(again.events.count == heard.events.count - 6)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `where the journal is removed all of it is written again, for the next process`()
        async throws
    {
        try await withWindow { relay in
            let model = "simulator?tokens=100000&interval_ms=5&batch=20"
            let (client, head) = try relay.begin(model, query: Self.finish)
            var had: [Event] = []
            while had.count < 20_000 { had.append(try #require(try client.readEvent())) }
            #expect(try #require(await relay.held(head.id)).first > 0)
            removeTree(relay.folder + "/journal")
            let isWrittenAgain = waits { relay.journalItems().count > 20_000 }
            #expect(isWrittenAgain)
            // From now on that is where reads come from.
            let rest = try relay.connect()
            rest.request("GET", "/chat/streams/\(head.id)")
            _ = try rest.readHead()
            for event in had.prefix(5000) { #expect(try rest.readEvent()?.data == event.data) }
            rest.close()
            try await withRelay(afterKilling: relay) { next in
                let client = try next.connect()
                client.request("GET", "/chat/streams/\(head.id)")
                _ = try client.readHead()
                let again = try client.readEvents()
                #expect(again.count >= had.count)
                #expect(again.prefix(had.count).map(\.data) == had.map(\.data))
                #expect(again.last?.name == "error")
            }
            client.close()
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `what the disk does not give back cuts a stream and refuses an answer in one piece`()
        async throws
    {
        try await withWindow { relay in
            // It is so slow that its reader is up with it on a busy machine, too.
            let model = "simulator?tokens=6000&interval_ms=10&batch=20"
            let (client, head) = try relay.begin(model, query: Self.finish)
            while try await #require(relay.held(head.id)).first < 1000 {
                _ = try client.readEvent()
            }
            for name in namesIn(relay.folder + "/journal") {
                #expect(truncate("\(relay.folder)/journal/\(name)", 100) == 0)
            }
            let late = try relay.connect()
            late.request("GET", "/chat/streams/\(head.id)")
            #expect(try late.readHead().status == 200)
            #expect(throws: (any Error).self) { while try late.readEvent() != nil {} }
            // The answer itself goes on for readers that are up with it.
            let rest = try client.readEvents()
            #expect(rest.last?.data == "[DONE]")
            #expect(try relay.records().isEmpty)
            // The journal must stay for the next process.
            #expect(!relay.service.isAllRecorded)
        }
    }

    /// Keeps the queue busy on which long answers are read back.
    private func whileNothingIsReadBack(
        _ relay: TestRelay,
        _ work: () async throws -> Void
    ) async rethrows {
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        relay.service.readBackQueue.async { _ = gate.wait(timeout: .now() + 30) }
        try await work()
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that has read a long answer's end finds it in its conversation at once`()
        async throws
    {
        try await withWindow { relay in
            // It is so slow that its reader is up with it, and needs nothing read back.
            let (client, head) = try relay.begin(
                "simulator?tokens=100000&interval_ms=20&batch=20",
                more: ",\"conversation\":\"c\"",
                query: Self.finish
            )
            while try await #require(relay.held(head.id)).first == 0 {
                _ = try client.readEvent()
            }
            let asking = try relay.connect()
            try await whileNothingIsReadBack(relay) {
                let stop = try relay.exchange("DELETE", "/chat/streams/\(head.id)")
                #expect(stop.head.status == 204)
                _ = try client.readEvents()
                asking.request("GET", "/chat/conversations/c")
                usleepMilliseconds(300)
            }
            #expect(try asking.readHead().status == 200)
            let messages = try #require(asking.readJSON()["messages"]?.arrayValue)
            #expect(messages.map { $0["role"]?.stringValue } == ["user", "assistant"])
            #expect(messages.last?["status"]?.stringValue == "stopped")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a client that waits for the disk is kept alive, and not taken for stalled`() async throws
    {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.logWindowBytes = Self.windowBytes
            $0.keepAliveSeconds = 1
            $0.stallSeconds = 1
        } _: { relay in
            let heard = try relay.ask(Self.long)
            _ = try relay.record(heard.head.id)
            let late = try relay.connect()
            try await whileNothingIsReadBack(relay) {
                late.request("GET", "/chat/streams/\(heard.head.id)")
                #expect(try late.readHead().status == 200)
                try await clock.pass(.seconds(1)) { #expect(late.isSilent) }
                let piece = try #require(try late.readPiece())
                #expect(String(decoding: piece, as: UTF8.self) == ": keep-alive\n")
                for _ in 0..<3 { await clock.advance(by: .seconds(1)) }
            }
            #expect(try late.readEvents().map(\.data) == heard.events.map(\.data))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `where many say all again no frame is much larger than a segment`() async throws {
        try await withRelay {
            $0.headHoldSeconds = 0
        } _: { relay in
            let system = ",\"system\":\"" + String(repeating: "long ", count: 1_200_000) + "\""
            var waiting: [TestClient] = []
            for _ in 0..<4 {
                waiting.append(
                    try relay.begin("simulator?hang=1", more: system, query: Self.finish).0
                )
            }
            let journal = relay.folder + "/journal"
            removeTree(journal)
            var sizes: [Int] = []
            let isWrittenAgain = waits {
                _ = try? relay.ask("simulator?say=well&interval_ms=0")
                sizes = namesIn(journal).map { fileSize("\(journal)/\($0)") }
                return sizes.reduce(0, +) > 24_000_000
            }
            #expect(isWrittenAgain)
            // There is one frame in a segment, which ends after the answer that fills it.
            #expect(sizes.max() ?? 0 < Journal.segmentBytes + 6_000_000)
        }
    }
}
