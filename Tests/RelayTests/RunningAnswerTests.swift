import Loop
import Storage
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// Running answers are in the list of conversations, and in their own conversation.
@Suite(.timeLimit(.minutes(5)))
struct RunningAnswerTests {
    private static let hanging = "simulator?hang=1"

    /// The id is sent before the first token.
    private static func answersAtOnce(_ configuration: inout RelayConfiguration) {
        configuration.headHoldSeconds = 0
    }

    /// Begins an answer in a conversation, on a loop.
    private func begin(
        _ relay: TestRelay,
        _ conversation: String,
        _ message: String = "hi",
        user: String? = nil,
        model: String = hanging,
        onLoop loop: Int = 0
    ) throws -> (client: TestClient, id: String) {
        let client = try relay.connect(onLoop: loop)
        var body = "{\"message\":\(quoted(message)),\"conversation\":\(quoted(conversation))"
        body += ",\"model\":\(quoted(model)),\"on_disconnect\":\"finish\""
        if let user { body += ",\"user\":\(quoted(user))" }
        client.request("POST", "/chat/stream", body: body + "}")
        return (client, try client.readHead().id)
    }

    /// Asks, and reads to the end.
    private func say(
        _ relay: TestRelay,
        _ conversation: String,
        _ message: String,
        user: String? = nil
    ) throws {
        let model = "simulator?echo=1&interval_ms=0"
        _ = try begin(relay, conversation, message, user: user, model: model).client.readEvents()
    }

    private func list(_ relay: TestRelay, _ query: String = "") throws -> [JSON] {
        let list = try relay.exchange("GET", "/chat/conversations" + query).json
        return try #require(list["conversations"]?.arrayValue)
    }

    private func ids(_ list: [JSON]) -> [String] { list.compactMap { $0["id"]?.stringValue } }

    private func messages(_ relay: TestRelay, _ conversation: String) throws -> [JSON] {
        let one = try relay.exchange("GET", "/chat/conversations/\(conversation)").json
        return one["messages"]?.arrayValue ?? []
    }

    /// Asks the history as the list's route does, with the answers that ran a while ago.
    private func list(_ relay: TestRelay, with running: RunningAnswers) async -> [UInt8] {
        await withCheckedContinuation { done in
            relay.service.stores.history.read { catalog in
                let found = try? running.list(
                    with: &catalog,
                    HistoryFilter(),
                    before: nil,
                    limit: 50
                )
                let bytes = HistoryAnswers.conversations(
                    found?.list ?? [],
                    next: found?.next,
                    showsOwners: false
                )
                done.resume(returning: bytes)
            }
        }
    }

    private func running(_ relay: TestRelay) async -> RunningAnswers {
        await withCheckedContinuation { done in
            relay.service.post.gather {
                $0.store.all.compactMap { RunningAnswer($0.live, in: nil) }
            } then: {
                done.resume(returning: RunningAnswers($0))
            }
        }
    }

    @Test(arguments: [1, 3])
    func `a first answer is in the list, and can be read on, while it runs`(
        loops: Int
    ) async throws {
        try await withRelay(loops: loops, Self.answersAtOnce) { relay in
            let (_, id) = try begin(relay, "c", "  Where\nto?", onLoop: loops - 1)
            for loop in 0..<loops {
                let client = try relay.connect(onLoop: loop)
                client.request("GET", "/chat/conversations")
                _ = try client.readHead()
                let found = try #require(client.readJSON()["conversations"]?.arrayValue?.first)
                #expect(found["id"]?.stringValue == "c")
                #expect(found["running"]?.stringValue == id)
                #expect(found["title"]?.stringValue == "Where to?")
                #expect(found["count"]?.intValue == 0)
                #expect(found["updated_at"]?.stringValue?.count == 24)
                client.request("GET", "/chat/conversations/c")
                _ = try client.readHead()
                let said = try #require(client.readJSON()["messages"]?.arrayValue)
                #expect(said.map { $0["role"]?.stringValue } == ["user", "assistant"])
                #expect(said[0]["content"]?.stringValue == "  Where\nto?")
                #expect(said[1]["id"]?.stringValue == id)
                #expect(said[1]["status"]?.stringValue == "running")
                #expect(said[1]["content"]?.stringValue == "")
                #expect(said[1]["started_at"] == found["updated_at"])
            }
            let reader = try relay.connect()
            reader.request("GET", "/chat/streams/\(id)")
            _ = try reader.readHead()
            #expect(try reader.readEvent()?.name == "start")
            #expect(try relay.exchange("DELETE", "/chat/streams/\(id)").head.status == 204)
            let ended = try list(relay)
            #expect(ended.map { $0["running"] } == [.null])
            #expect(ended.map { $0["count"]?.intValue } == [1])
            #expect(try messages(relay, "c").last?["status"]?.stringValue == "stopped")
        }
    }

    @Test func `running answers come after recorded ones, each with what was asked anew`()
        async throws
    {
        try await withRelay(loops: 2, Self.answersAtOnce) { relay in
            try say(relay, "c", "one")
            let first = try begin(relay, "c", "two", onLoop: 0)
            usleepMilliseconds(5)
            let second = try begin(relay, "c", "three", onLoop: 1)
            let said = try messages(relay, "c")
            let texts = said.map { $0["content"]?.stringValue }
            #expect(texts == ["one", "one", "two", "", "three", ""])
            #expect(said[3]["id"]?.stringValue == first.id)
            #expect(said[5]["id"]?.stringValue == second.id)
            let found = try list(relay)
            #expect(found.map { $0["running"]?.stringValue } == [second.id])
            #expect(found[0]["title"]?.stringValue == "one")
            #expect(found[0]["count"]?.intValue == 1)
        }
    }

    @Test func `paging shows every conversation once, the running ones first`() async throws {
        try await withRelay(loops: 2, Self.answersAtOnce) { relay in
            for name in ["a", "b", "c", "d", "e"] { try say(relay, name, name) }
            _ = try begin(relay, "b", onLoop: 0)
            usleepMilliseconds(5)
            _ = try begin(relay, "new", onLoop: 1)
            var pages: [[String]] = []
            var query = "?limit=2"
            while pages.count < 4 {
                let page = try relay.exchange("GET", "/chat/conversations" + query).json
                pages.append(ids(try #require(page["conversations"]?.arrayValue)))
                guard let next = page["next"]?.stringValue else { break }
                query = "?limit=2&before=\(next)"
            }
            #expect(pages == [["new", "b", "e", "d"], ["c", "a"]])
            // A page of records has no running answers either.
            let record = try relay.record(try relay.records().first?["id"]?.stringValue)
            let before = try #require(record["id"]?.stringValue)
            let path = "/chat/conversations/b?before=\(before)"
            #expect(try relay.exchange("GET", path).json["messages"]?.arrayValue == [])
        }
    }

    @Test func `an answer is listed once while it ends`() async throws {
        try await withRelay(loops: 3, Self.answersAtOnce) { relay in
            let names = (10..<40).map { "c\($0)" }
            var clients: [TestClient] = []
            for (place, name) in names.enumerated() {
                let model = "simulator?tokens=\(place + 5)&interval_ms=8"
                clients.append(
                    try begin(relay, name, model: model, onLoop: place % 3).client
                )
            }
            var sawSomeRun = false
            var runningCount = names.count
            while runningCount > 0 {
                let found = try list(relay)
                #expect(ids(found).sorted() == names)
                runningCount = found.count { $0["running"] != .null }
                if runningCount > 0, runningCount < names.count { sawSomeRun = true }
                for one in found {
                    #expect((one["running"] == .null) == (one["count"]?.intValue == 1))
                }
                #expect(try messages(relay, names[0]).count == 2)
            }
            #expect(sawSomeRun)
        }
    }

    @Test func `an answer that ended before the history was asked is listed from its record`()
        async throws
    {
        try await withRelay(loops: 2, Self.answersAtOnce) { relay in
            let (client, id) = try begin(relay, "c", onLoop: 1)
            let before = await running(relay)
            _ = try relay.exchange("DELETE", "/chat/streams/\(id)")
            _ = try client.readEvents()
            let told = await list(relay, with: before)
            let found = try #require(try JSON.parse(told.span)["conversations"]?.arrayValue)
            #expect(ids(found) == ["c"])
            #expect(found.map { $0["running"] } == [.null])
        }
    }

    @Test func `a user does not get what others' answers say`() async throws {
        try await withRelay(loops: 2, Self.answersAtOnce) { relay in
            try say(relay, "shared", "mine", user: "me")
            let (_, id) = try begin(relay, "shared", "yours", user: "you", onLoop: 0)
            _ = try begin(relay, "secret", user: "you", onLoop: 1)
            let mine = try list(relay, "?user=me")
            #expect(ids(mine) == ["shared"])
            #expect(mine.map { $0["running"] } == [.null])
            let yours = try list(relay, "?user=you")
            #expect(ids(yours).sorted() == ["secret", "shared"])
            #expect(yours.contains { $0["running"]?.stringValue == id })
            let path = "/chat/conversations/secret?user="
            #expect(try relay.exchange("GET", path + "you").head.status == 200)
            #expect(try relay.exchange("GET", path + "me").head.status == 404)
            let said = try relay.exchange("GET", "/chat/conversations/shared?user=me").json
            #expect(said["messages"]?.arrayValue?.count == 2)
        }
    }

    @Test func `a deleted conversation is in no list, though its answer ran`() async throws {
        try await withRelay(loops: 2, Self.answersAtOnce) { relay in
            let (client, _) = try begin(relay, "c", onLoop: 1)
            let before = await running(relay)
            #expect(try relay.exchange("DELETE", "/chat/conversations/c").head.status == 204)
            #expect(try list(relay).isEmpty)
            #expect(try relay.exchange("GET", "/chat/conversations/c").head.status == 404)
            _ = try client.readEvents()
            let told = await list(relay, with: before)
            #expect(try JSON.parse(told.span)["conversations"]?.arrayValue == [])
            let (_, id) = try begin(relay, "c", "anew", onLoop: 0)
            #expect(try list(relay).map { $0["running"]?.stringValue } == [id])
            #expect(try messages(relay, "c").first?["content"]?.stringValue == "anew")
        }
    }

    @Test func `nobody waits for a loop that serves no longer`() async throws {
        try await withRelay(loops: 2, Self.answersAtOnce) { relay in
            let (_, id) = try begin(relay, "c", onLoop: 0)
            let client = try relay.connect(onLoop: 0)
            await withCheckedContinuation { done in
                relay.service.post.post(toLoop: 1) { worker in
                    worker.closeAll()
                    worker.store.context.reactor.tenants.removeAll { $0 is Worker }
                    done.resume()
                }
            }
            client.request("GET", "/chat/conversations")
            #expect(try client.readHead().status == 200)
            let found = try client.readJSON()["conversations"]?.arrayValue
            #expect(found?.map { $0["running"]?.stringValue } == [id])
        }
    }
}
