import ChatFormats
import Testing

/// What ends a stream before its time, and what must not.
@Suite struct `Streams that fail` {
    private static let hello = #"{"choices":[{"delta":{"content":"a"}}]}"#

    @Test(arguments: [
        (
            #"{"error":{"message":"busy","type":"server_error","param":null,"code":null}}"#,
            StreamError.vendor(type: "server_error", message: "busy", code: nil, overloaded: true)
        ),
        (
            #"{"error":{"code":502,"message":"Provider\ndisconnected"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            .vendor(type: nil, message: "Provider disconnected", code: "502", overloaded: true)
        ),
        (
            #"{"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":400,"message":"no"}}"#,
            .vendor(type: nil, message: "no", code: "400", overloaded: false)
        ),
        (
            #"{"error":"it broke"}"#,
            .vendor(type: nil, message: "it broke", code: nil, overloaded: false)
        ),
        (
            #"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#,
            .vendor(type: "BadRequestError", message: "too long", code: "400", overloaded: false)
        ),
        (
            #"{"code":"at_capacity","error":"it is busy","status":503}"#,
            .vendor(type: nil, message: "it is busy", code: "at_capacity", overloaded: true)
        ),
        (
            #"{"x_groq":{"id":"r","error":"stopped early"}}"#,
            .vendor(type: nil, message: "stopped early", code: nil, overloaded: false)
        ),
        (
            #"{"error":true}"#,
            .vendor(
                type: nil,
                message: "the upstream reported an error without a message",
                code: nil,
                overloaded: false
            )
        ),
        (
            #"{"choices":[{"delta":{},"finish_reason":"abort"}]}"#,
            .vendor(
                type: "abort",
                message: "the upstream ended the answer with the reason \"abort\"",
                code: nil,
                overloaded: false
            )
        ),
    ])
    func `an error object anywhere in the stream is an error`(event: String, error: StreamError) {
        let later = readEveryWay(.openAI, stream(Self.hello, event, "[DONE]"))
        #expect(later.error?.withoutDetail == error)
        #expect(later.entries == ["text:a"])
        #expect(!later.isSuccess)
        let first = readEveryWay(.openAI, stream(event))
        #expect(first.error?.withoutDetail == error)
        #expect(first.entries == [])
    }

    @Test(arguments: ["null", "false", "\"\"", "{}", "[]", "0"])
    func `an error member that is not true is no error`(value: String) {
        let event = #"{"error":\#(value),"choices":[{"delta":{"content":"a"}}]}"#
        let reading = readEveryWay(.openAI, stream(event, "[DONE]"))
        #expect(reading.error == nil)
        #expect(reading.entries == ["text:a"])
    }

    @Test func `text in the event that reports an error is kept`() {
        let event = #"{"choices":[{"delta":{"content":"last"}}],"error":"it broke"}"#
        #expect(readEveryWay(.openAI, stream(event)).entries == ["text:last"])
    }

    @Test(arguments: Provider.allCases)
    func `an event named error is an error even as plain text`(provider: Provider) {
        let reading = readEveryWay(provider, "event: Error\ndata: upstream gone\n\n")
        let error = StreamError.vendor(
            type: nil,
            message: "upstream gone",
            code: nil,
            overloaded: false
        )
        #expect(reading.error?.withoutDetail == error)
    }

    @Test(arguments: [
        #"{"choices":[{"delta":{"content":"b"}}"#,
        #"{"choices":[{"delta":{"content":"b"}}]}}"#,
        #"{"choices":[{"delta":{"content":"b"}}],}"#,
        #"{"choices":[{"delta":{"content":"b"}}]} trailing"#,
        #"{"choices":{"delta":{"content":"b"}}}"#,
        #"{"choices":["b"]}"#,
        #"{"choices":[{"delta":"b"}]}"#,
        #"{"choices":[{"delta":{"content":{"b":1}}}]}"#,
        #"{"choices":[{"delta":{"content":7}}]}"#,
        #"{"choices":[{"delta":{"content":"b","tool_calls":7}}]}"#,
        #"{"choices":[{"delta":{"content":"b","tool_calls":["f"]}}]}"#,
    ])
    func `an event that can't be read leaves nothing in the log`(event: String) {
        let reading = readEveryWay(.openAI, stream(Self.hello, event, "[DONE]"))
        guard case .malformed(let words)? = reading.error else {
            Issue.record("expected a malformed stream, found \(reading)")
            return
        }
        #expect(!words.isEmpty)
        #expect(reading.entries == ["text:a"])
        #expect(!reading.isSuccess)
    }

    @Test func `an answer over its limit ends with an error that names it`() {
        let bytes = Array(stream(Self.hello, Self.hello, Self.hello, "[DONE]").utf8)
        let reading = read(.openAI, pieces: [bytes[...]], maxAnswerBytes: 2)
        #expect(reading.error == .tooLong("the answer is longer than 2 bytes"))
        #expect(reading.entries == ["text:a", "text:a"])
    }

    @Test func `a line over its limit ends with an error that names it`() {
        var decoder = StreamDecoder(.openAI, maxLineBytes: 64)
        var log = EntryLog()
        let bytes = Array(stream(String(repeating: "x", count: 100)).utf8)
        let error = #expect(throws: StreamError.self) {
            try decoder.decode(bytes.span, into: &log)
        }
        #expect(error == .tooLong("a line of the event stream is over 64 bytes long"))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a line of sixteen megabytes is read`() {
        let text = String(repeating: "x", count: (16 << 20) - 64)
        let bytes = Array(stream(#"{"choices":[{"delta":{"content":"\#(text)"}}]}"#, "[DONE]").utf8)
        let reading = read(.openAI, pieces: [bytes[...]])
        #expect(reading.error == nil)
        #expect(reading.entries.first?.utf8.count == text.utf8.count + "text:".utf8.count)
    }
}
