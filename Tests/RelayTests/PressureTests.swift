import Glibc
import Loop
import TestSupport
import Testing
import Wire

@testable import ChatFormats
@testable import Generations
@testable import Relay
@testable import Upstream

/// A reader that does not read holds up the upstream, and nothing grows for it.
@Suite(.serialized) struct PressureTests {
    /// The process's resident memory in bytes.
    private func residentBytes() -> Int {
        for line in String(decoding: readFile("/proc/self/status"), as: UTF8.self).split(
            separator: "\n"
        )
        where line.hasPrefix("VmRSS:") {
            let digits = line.filter { $0.isNumber }
            return (parseDecimal(String(digits)) ?? 0) * 1024
        }
        return 0
    }

    /// Whether the memory stops growing: four samples of half a second within half a megabyte.
    private func comesToRest() -> Bool {
        var last = residentBytes()
        var calm = 0
        for _ in 0..<40 {
            usleepMilliseconds(500)
            let now = residentBytes()
            calm = abs(now - last) < 512 * 1024 ? calm + 1 : 0
            last = now
            if calm == 4 { return true }
        }
        return false
    }

    /// Faster than any client reads.
    private static let fastModel = "simulator?interval_ms=0&tokens=60000&batch=100"

    /// Asks on a connection that takes little unless it is read.
    private func begin(
        _ model: String,
        on relay: TestRelay,
        query: String = "",
        fields: HeaderFields = [:],
        receiveBuffer: Int32 = 16 * 1024
    ) throws -> (TestClient, Head) {
        let client = try TestClient(port: relay.port, receiveBuffer: receiveBuffer)
        client.request(
            "POST",
            "/chat/stream?format=openai\(query)",
            fields,
            body: "{\"message\":\"x\",\"model\":\(quoted(model))}"
        )
        return (client, try client.readHead())
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `a reader that pauses pauses the model, and misses nothing`(name: String) async throws {
        try await withRelay {
            $0.readerBufferBytes = 64 * 1024
        } _: { relay in
            // 12 MB on their way to the client, of which the kernel takes some.
            let count = 60_000
            let (client, head) = try begin(
                "\(name)?interval_ms=0&tokens=\(count)&batch=100",
                on: relay,
                receiveBuffer: 32 * 1024
            )
            #expect(head.status == 200)
            #expect(comesToRest())
            #expect(try relay.records().isEmpty)
            var blocks = 0
            var tail: [UInt8] = []
            while let piece = try client.readPiece() {
                let bytes = tail.suffix(1) + piece
                blocks += zip(bytes, bytes.dropFirst()).count { $0 == 0x0A && $1 == 0x0A }
                tail = piece
            }
            #expect(tail.suffix(14) == Array("data: [DONE]\n\n".utf8))
            // In addition to the tokens: the start, the finish and the end mark.
            #expect(blocks == count + 3)
            let record = try relay.record(head.id)
            #expect(record["status"]?.stringValue == "complete")
            #expect(record["timing"]?["tokens"]?.intValue == count)
        }
    }

    /// Waits until the model is paused and the log no longer grows.
    private func waitForPause(of id: String, _ relay: TestRelay) async throws {
        var (last, calm) = (0, 0)
        while calm < 10 {
            try await Task.sleep(nanoseconds: 10_000_000)
            let bytes = await relay.held(id)?.bytes ?? 0
            calm = bytes > 0 && bytes == last ? calm + 1 : 0
            last = bytes
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `the clocks of the upstream stop while its reader pauses`() async throws {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.readerBufferBytes = 16 * 1024
            $0.idleSeconds = 2
            $0.headSeconds = 2
        } _: { relay in
            let (client, head) = try begin(Self.fastModel, on: relay)
            try await waitForPause(of: head.id, relay)
            for _ in 0..<5 { await clock.advance(by: .seconds(2)) }
            #expect(try relay.records().isEmpty)
            while try client.readPiece() != nil {}
            #expect(try relay.record(head.id)["status"]?.stringValue == "complete")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a paused answer whose reader leaves is completed or given up as the request says`()
        async throws
    {
        try await withRelay {
            $0.readerBufferBytes = 16 * 1024
        } _: { relay in
            for (policy, status) in [("finish", "complete"), ("cancel", "abandoned")] {
                let (client, head) = try begin(
                    Self.fastModel,
                    on: relay,
                    query: "&on_disconnect=\(policy)"
                )
                usleepMilliseconds(500)
                client.close()
                let isThere = waits {
                    (try? relay.records())?.contains { $0["id"]?.stringValue == head.id } ?? false
                }
                #expect(isThere)
                #expect(try relay.record(head.id)["status"]?.stringValue == status)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a slow reader is cut off with an id that goes on where another keeps up`() async throws {
        try await withRelay {
            $0.readerBufferBytes = 16 * 1024
        } _: { relay in
            let (slow, head) = try begin(
                Self.fastModel,
                on: relay,
                fields: ["Accept": "text/event-stream"]
            )
            let fast = try relay.connect()
            fast.request("GET", "/chat/streams/\(head.id)?format=text")
            _ = try fast.readHead()
            var last = ""
            while let event = try fast.readEvent() { last = event.data }
            #expect(last == "[DONE]")
            #expect(try relay.record(head.id)["status"]?.stringValue == "complete")
            var had: [Event] = []
            #expect(throws: ClientError.cut) {
                while let event = try slow.readEvent() { had.append(event) }
            }
            let id = try #require(had.last?.id)
            let again = try relay.connect()
            again.request("GET", "/chat/streams/\(head.id)?format=openai", ["Last-Event-ID": id])
            #expect(try again.readHead().status == 200)
            had += try again.readEvents()
            // The start, the tokens, the finish and the end mark.
            #expect(had.count == 60_000 + 3)
            let numbers = had.compactMap { EntryID($0.id)?.sequence }
            #expect(numbers == numbers.sorted())
            #expect(had.last?.data == "[DONE]")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a reader that no longer takes anything is cut off, and the answer goes on`() async throws
    {
        let clock = ManualClock()
        try await withRelay(clock: clock) {
            $0.readerBufferBytes = 16 * 1024
            $0.keepAliveSeconds = 1
            $0.stallSeconds = 20
            $0.onDisconnect = .finish
        } _: { relay in
            let (stalled, head) = try begin(Self.fastModel, on: relay)
            try await waitForPause(of: head.id, relay)
            await clock.advance(by: .seconds(1))
            try await clock.pass(.seconds(19)) {
                let records = try relay.records()
                #expect(records.isEmpty)
                #expect(await relay.readers(head.id) == 1)
            }
            let isRecorded = waits { (try? relay.records())?.isEmpty == false }
            #expect(isRecorded)
            #expect(try relay.record(head.id)["status"]?.stringValue == "complete")
            #expect(throws: ClientError.self) { while try stalled.readPiece() != nil {} }
        }
    }

    /// Its own unsent output may be all that holds the model up.
    @Test(.timeLimit(.minutes(5)))
    func `a reader that has caught up goes on, however small its buffer is`() async throws {
        try await withRelay {
            $0.readerBufferBytes = 4096
            $0.keepAliveSeconds = 15
        } _: { relay in
            let model = "simulator?interval_ms=0&tokens=60000&batch=20"
            let (client, head) = try begin(model, on: relay)
            usleepMilliseconds(1000)
            var tail: [UInt8] = []
            while let piece = try client.readPiece() { tail = piece }
            #expect(tail.suffix(14) == Array("data: [DONE]\n\n".utf8))
            #expect(try relay.record(head.id)["timing"]?["tokens"]?.intValue == 60_000)
        }
    }

    /// A reader that takes nothing lets the log grow to the bound for it, and no further.
    @Test(.timeLimit(.minutes(5)), arguments: ["simulator", "claude-x"])
    func `what is held for a reader that takes nothing has its bound in memory`(
        name: String
    ) async throws {
        let buffer = 64 * 1024
        try await withRelay(loops: 2) {
            $0.readerBufferBytes = buffer
        } _: { relay in
            let model = "\(name)?interval_ms=0&tokens=2000000&batch=100"
            var clients: [TestClient] = []
            var ids: [String] = []
            for _ in 0..<8 {
                let (client, head) = try begin(model, on: relay, query: "&on_disconnect=cancel")
                clients.append(client)
                ids.append(head.id)
            }
            #expect(comesToRest())
            for id in ids {
                let held = try #require(await relay.held(id))
                // What one turn brings beyond the bound is at most what all may take in it.
                #expect(held.bytes <= buffer + UpstreamClient.turnBytes / 4, "\(held)")
            }
            for client in clients { client.close() }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `how far a reader lags does not depend on what is in memory`() async throws {
        let buffer = 400 * 1024
        try await withRelay {
            $0.logWindowBytes = 16 * 1024
            $0.readerBufferBytes = buffer
        } _: { relay in
            let (slow, head) = try begin("simulator?interval_ms=5&tokens=70000&batch=50", on: relay)
            let fast = try relay.connect()
            fast.request("GET", "/chat/streams/\(head.id)?format=text")
            _ = try fast.readHead()
            var had = 0
            var first = 0
            // Less than the buffer is left, and the whole of it is more.
            while first < 40_000 {
                for _ in 0..<1000 {
                    if try slow.readEvent() != nil { had += 1 }
                    _ = try fast.readEvent()
                }
                first = try #require(await relay.held(head.id)).first
            }
            while try fast.readEvent() != nil {}
            let record = try relay.record(head.id)
            let count = try #require(record["content"]?.stringValue).utf8.count
            // The whole log is more than the buffer, and what the slow one lacks at most is less.
            let logBytes = count + EntryLog.entryBytes * 70_000
            let outputBytes = 64 * 1024
            #expect(logBytes > buffer && logBytes * 30 / 70 + outputBytes < buffer)
            while try slow.readEvent() != nil { had += 1 }
            // The start, the tokens, the finish and the end mark.
            #expect(had == 70_000 + 3)
        }
    }
}
