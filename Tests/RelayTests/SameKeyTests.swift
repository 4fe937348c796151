import Glibc
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Two requests with one key, at the same instant, on two loops.
@Suite struct SameKeyTests {
    private static let model = "simulator?tokens=2&interval_ms=0"

    /// The head of the answer that a client waits for, and all its content.
    private func read(_ client: TestClient) throws -> (head: Head, content: [UInt8]) {
        (try client.readHead(), try client.readBody())
    }

    @Test(.timeLimit(.minutes(5)))
    func `one upstream call each time, a thousand times`() async throws {
        try await withRelay(loops: 2) { relay in
            let clients = [try relay.connect(), try relay.connect()]
            var wins = [0, 0]
            for round in 0..<1000 {
                let body = "{\"message\":\"round \(round)\",\"model\":\"\(Self.model)\"}"
                let request =
                    "POST /chat/stream HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\(round)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
                for (loop, client) in clients.enumerated() {
                    try relay.place(client, onLoop: loop)
                    client.send(String(request.dropLast()))
                }
                // Both loops have all but the last byte. Each of the two is first in its turn.
                clients[round % 2].send("}")
                clients[1 - round % 2].send("}")
                let answers = try clients.map(read)
                #expect(answers[0].head.status == 200)
                #expect(answers[0].head.id == answers[1].head.id)
                #expect(answers[0].content == answers[1].content)
                #expect(String(decoding: answers[0].content, as: UTF8.self).hasSuffix("[DONE]\n\n"))
                #expect(relay.simulator.calls[prompt: "round \(round)"] == 1)
                if let owner = GenerationID.loop(of: answers[0].head.id) { wins[owner] += 1 }
            }
            #expect(wins.reduce(0, +) == 1000)
            // If one loop had always come first, nothing would have been tried.
            #expect(wins.allSatisfy { $0 > 10 }, "\(wins)")
            #expect(try relay.records().count == 1000)
        }
    }

    /// Two different questions under one key: one is answered, the other is refused.
    @Test(.timeLimit(.minutes(5)))
    func `of two questions under one key one is answered`() async throws {
        try await withRelay(loops: 2) { relay in
            let clients = [try relay.connect(), try relay.connect()]
            for round in 0..<100 {
                for (loop, client) in clients.enumerated() {
                    try relay.place(client, onLoop: loop)
                    let prompt = "q\(round)-\(loop)&model=\(encoded(Self.model))"
                    client.send("GET /chat/stream?prompt=\(prompt)&stream=r\(round) HTTP/1.1\r\n")
                }
                for client in clients { client.send("Host: localhost\r\n\r\n") }
                let statuses = try clients.map { try read($0).head.status }
                #expect(statuses.sorted() == [200, 409])
                let calls = (0..<2).map { relay.simulator.calls[prompt: "q\(round)-\($0)"] }
                #expect(calls == statuses.map { $0 == 200 ? 1 : 0 })
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `of two loops that claim a key at once one has it`() async {
        let table = KeyTable(maxCount: 100_000)
        let claims = await withTaskGroup { group in
            for claimant in ["A", "B"] {
                group.addTask {
                    (0..<50_000).count { number in
                        let key = RequestKey(text: "k\(number)", fingerprint: .init(hash: 0))
                        return table.claim(key, for: claimant, at: 0) == .claimed
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(claims.reduce(0, +) == 50_000)
        #expect(table.count == 50_000)
    }
}
