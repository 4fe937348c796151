import Loop
import Simulator
import Testing

@testable import relay_bench

/// What the cases about never losing an answer ask for, and what they count.
@Suite(.timeLimit(.minutes(1))) struct JournalCaseTests {
    @Test func `one variable tells the daemon without a journal apart`() {
        func environment(_ keepsJournal: Bool) -> Set<String> {
            let setup = DaemonSetup(
                binary: "/d",
                upstreamURL: "http://127.0.0.1:9/v1",
                loops: 1,
                keepsJournal: keepsJournal
            )
            return Set(setup.environment(port: 8, dataFolder: "/tmp/data"))
        }
        let difference = environment(true).symmetricDifference(environment(false))
        #expect(difference == ["RELAY_JOURNAL=1", "RELAY_JOURNAL=0"])
        let kind = OurDaemonKind(version: "1", binary: "/d")
        #expect(kind.name == "sse-relay")
        #expect(kind.withoutJournal.name == "without journal")
    }

    @Test func `an unfinished answer falls silent before its last token`() async throws {
        var load = StreamLoad(streams: 2, tokens: 20, intervalMicroseconds: 0)
        load.patience = .seconds(1)
        let upstream = try SimulatorServer()
        let loop = try EventLoop(index: 0)
        let model = "\(Bench.unfinished(tokens: load.tokens))"
        let target = StreamTarget.openAI(port: upstream.port, model: model)
        let outcome = await Fleet.run(load, against: [target, target], watching: nil, on: loop)
        upstream.stop()
        await loop.stop()
        #expect(outcome.tokens == 40)
        #expect(outcome.isCutOff)
    }

    @Test func `only records of whole unfinished answers count`() {
        func record(_ status: String, _ tokens: Int) -> String {
            "{\"id\":\"A\",\"status\":\"\(status)\",\"timing\":{\"tokens\":\(tokens)}}\n"
        }
        let history =
            record("interrupted", 20) + record("complete", 20) + record("interrupted", 19)
            + record("interrupted", 20) + "{\"torn"
        #expect(Bench.interrupted(in: history, tokens: 20) == 2)
        #expect(Bench.interrupted(in: "", tokens: 20) == 0)
    }

    @Test func `a client comes back to an answer after the last event that it received`() {
        let target = StreamTarget.comingBack(port: 8, id: "Abc", lastEventID: "Abc.7")
        let text = String(decoding: target.request, as: UTF8.self)
        #expect(
            text == "GET /chat/streams/Abc HTTP/1.1\r\nHost: 127.0.0.1:8\r\n"
                + "Last-Event-ID: Abc.7\r\n\r\n"
        )
    }

    @Test func `an announcement is answered by an id`() throws {
        #expect(try Announcer.id(in: Array("{\"id\":\"Abc\"}\n".utf8)) == "Abc")
        #expect(throws: BenchError.self) { try Announcer.id(in: Array("{}".utf8)) }
    }
}
