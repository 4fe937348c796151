import ChatFormats
import Testing

@testable import simulate

@Suite struct RecordLineTests {
    private static let line = """
        {"id":"A1","conversation":"c","user":null,"owner":"o",\
        "started_at":"2026-11-28T20:01:44.429Z","requested_model":null,"after":null,"key":"k",\
        "fingerprint":"f","messages":[{"role":"system","content":"s"},\
        {"role":"user","content":"hi"}],"ended_at":"2026-11-28T20:01:53.079Z","upstream":"u",\
        "model":"m","content":"c1w0 é","reasoning":"hm","status":"truncated","finish_reason":null,\
        "usage":null,"timing":{"ttft_ms":0,"total_ms":8650,"tokens":2,"retries":1},\
        "error":{"type":"upstream_error","message":"m","code":"truncated"}}
        """

    @Test func aRecordSaysWhatAModelNeeds() throws {
        let (records, others) = RecordLine.all(in: Array((Self.line + "\n\nx\n" + Self.line).utf8))
        #expect(records.count == 2 && others == 1)
        let record = try #require(records.first)
        #expect(record.id == "A1" && record.conversation == "c" && record.key == "k")
        #expect(record.user == nil && record.owner == "o" && record.prompt == "hi")
        #expect(record.messageCount == 2 && record.text == "c1w0 é" && record.reasoning == "hm")
        #expect(record.ending == .truncated && record.code == "truncated")
        #expect(record.endedAt - record.startedAt == 8650)
        #expect(record.tokens == 2 && record.retries == 1)
        let answer = Array(#"{"records":[\#(Self.line)],"next":null}"#.utf8)
        #expect(RecordLine.all(inAnswer: answer) == [record])
    }

    @Test func whatWasToldIsComparedWithTheRecord() throws {
        let line = Array(Self.line.utf8)
        let found = RecordLine(line: line.span)
        let record = try #require(found)
        #expect(ToldEnding.failed(.truncated, code: "truncated").fits(record))
        #expect(ToldEnding.failed(nil, code: "truncated").fits(record))
        #expect(ToldEnding.failed(.truncated, code: nil).fits(record))
        #expect(ToldEnding.cut.fits(record))
        #expect(!ToldEnding.failed(nil, code: "other").fits(record))
        #expect(!ToldEnding.failed(.timeout, code: nil).fits(record))
        #expect(!ToldEnding.finished(.complete).fits(record))
        #expect(!ToldEnding.finishedSomehow.fits(record))
    }

    @Test func aConversationIsReadMessageByMessage() throws {
        let body = """
            {"id":"trip","messages":[{"role":"user","content":"a"},\
            {"role":"assistant","content":"b","id":"A","status":"complete"}],"next":null}
            """
        #expect(
            SpokenMessage.all(in: Array(body.utf8)) == [
                SpokenMessage(role: "user", text: "a", id: nil, status: nil),
                SpokenMessage(role: "assistant", text: "b", id: "A", status: "complete"),
            ]
        )
    }
}
