import ChatFormats
import Testing

/// How a stream's body begins and ends, whatever wraps the answer: what is paid for is taken.
@Suite struct `Wrappings of an answer` {
    private static let text = #"{"choices":[{"index":0,"delta":{"content":"Good"}}]}"#
    private static let last =
        #"{"choices":[{"index":0,"delta":{"content":" night"},"finish_reason":"stop"}]}"#
    private static let error = #"{"error":{"message":"too long","type":"t","code":400}}"#
    private static let tooLong = StreamError.vendor(
        type: "t",
        message: "too long",
        code: "400",
        overloaded: false
    )

    // MARK: The end

    @Test(arguments: ["\n\n", "\n", "\r\n", "\r", ""])
    func `an orderly end takes the last line, whatever is missing after it`(end: String) {
        let body = stream(Self.text) + "data: " + Self.last + end
        let reading = readEveryWay(.openAI, body, ends: true)
        #expect(reading.entries == ["text:Good", "text: night"])
        #expect(reading.ending == .complete && reading.error == nil)
    }

    @Test(arguments: ["data: [DONE]", "data: [DONE]\n", "data:[DONE]"])
    func `an end mark that is the last line counts`(mark: String) {
        let reading = readEveryWay(.openAI, stream(Self.text) + mark, ends: true)
        #expect(reading.isDone && reading.ending == .complete)
    }

    @Test(arguments: ["\n", "\r\n"], ["\n", ""])
    func `events without an empty line between them are taken`(between: String, end: String) {
        let events = ["ping", Self.text, "null", Self.last, "[DONE]"].map { "data: " + $0 }
        let body = events.joined(separator: between) + end
        let reading = readEveryWay(.openAI, body, ends: true)
        #expect(reading.entries == ["text:Good", "text: night"])
        #expect(reading.isDone && reading.ending == .complete && reading.error == nil)
        #expect(reading.passedOverCount == 2)
        let pair = readEveryWay(.openAI, events[1...3].joined(separator: between) + "\n\n")
        #expect(pair.entries == ["text:Good", "text: night"] && pair.error == nil)
    }

    @Test func `of events without an empty line between them the last may be cut`() {
        let body = "data: \(Self.text)\ndata: " + Self.last.dropLast(3)
        let reading = readEveryWay(.openAI, body, ends: true)
        #expect(reading.entries == ["text:Good"])
        #expect(reading.error == nil && !reading.isSuccess)
    }

    @Test func `an object on several lines is one event`() {
        let lines = Self.last.split(separator: ",").joined(separator: ",\ndata: ")
        let reading = readEveryWay(.openAI, stream(Self.text) + "data: \(lines)\n\n")
        #expect(reading.entries == ["text:Good", "text: night"])
        #expect(reading.ending == .complete)
    }

    @Test func `a broken connection takes nothing of an unfinished event`() {
        let reading = readEveryWay(.openAI, stream(Self.text) + "data: " + Self.last + "\n")
        #expect(reading.entries == ["text:Good"])
        #expect(!reading.isSuccess)
    }

    @Test(arguments: 1..<76)
    func `a last line that is cut is no part of the answer, and no error`(length: Int) {
        let cut = "data: " + Self.last.prefix(length)
        let reading = read(
            .openAI,
            pieces: [Array((stream(Self.text) + cut).utf8)[...]],
            ends: true
        )
        #expect(reading.entries == ["text:Good"])
        #expect(reading.error == nil && !reading.isSuccess)
    }

    @Test func `what the vendor said before a cut line still counts`() {
        let reading = readEveryWay(
            .openAI,
            stream(Self.last) + #"data: {"choices":[],"usage":{"pro"#,
            ends: true
        )
        #expect(reading.ending == .complete && reading.error == nil)
    }

    @Test func `an error in the last line is an error`() {
        let reading = readEveryWay(.openAI, "data: " + Self.error, ends: true)
        #expect(reading.error?.withoutDetail == Self.tooLong)
    }

    // MARK: Errors

    @Test(arguments: Provider.allCases, ["\n\n", "\n", ""])
    func `an error that comes as a field of its own is an error`(provider: Provider, end: String) {
        let line = #"error: {"code":400,"message":"too long","type":"t"}"#
        let reading = readEveryWay(provider, line + end, ends: true)
        #expect(reading.error?.withoutDetail == Self.tooLong)
        let later = readEveryWay(.openAI, stream(Self.text) + line + end + "\n\n")
        #expect(later.error?.withoutDetail == Self.tooLong)
        #expect(later.entries == ["text:Good"])
    }

    private static let errors: [(body: String, message: String, code: String?)] = [
        (error, "too long", "400"),
        (#"[{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}]"#, "no", "400"),
        (#"{"detail":"not found"}"#, "not found", nil),
        (#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, "field required", nil),
        (#"{"object":"error","message":"no","code":40303}"#, "no", "40303"),
        (#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#, "login fail", "1004"),
        (
            #"{"choices":null,"base_resp":{"status_code":2013,"status_msg":"no"}}"#, "no", "2013"
        ),
        (#"{"error_code":336003,"error_msg":"no"}"#, "no", "336003"),
        (#"{"code":"InvalidApiKey","message":"no","request_id":"r"}"#, "no", "InvalidApiKey"),
        (#"{"success":false,"errors":[{"code":10000,"message":"no"}]}"#, "no", "10000"),
        (#"{"success":false,"code":401,"msg":"token expired"}"#, "token expired", "401"),
        (#"{"error":"model not loaded"}"#, "model not loaded", nil),
        (#"{"detail":{"error":{"message":"no","code":"c"}}}"#, "no", nil),
    ]

    @Test(arguments: errors, ["bare", "lines", "event"])
    func `an error with status 200 is an error in the server's words, in any framing`(
        error: (body: String, message: String, code: String?),
        framing: String
    ) {
        for provider in Provider.allCases where provider == .openAI || !error.body.contains("null")
        {
            let body =
                switch framing {
                case "bare": error.body
                case "lines": "\r\n" + error.body + "\n"
                default: stream(error.body)
                }
            guard
                case .vendor(_, let message, let code, false, _)? =
                    readEveryWay(provider, body, ends: true).error
            else {
                Issue.record("expected the server's error in \(body)")
                return
            }
            #expect(message == error.message)
            #expect(code == error.code)
        }
    }

    @Test(arguments: [
        #"{"choices":[],"base_resp":{"status_code":0,"status_msg":"success"}}"#,
        #"{"code":200,"message":"ok"}"#, #"{"detail":null}"#, #"{"errors":[]}"#,
        #"{"status":"processing","message":"queued"}"#, #"{"type":"ping"}"#, "{}",
    ])
    func `an object that reports no error is passed over`(object: String) {
        let reading = readEveryWay(.openAI, stream(object, Self.text, object, Self.last))
        #expect(reading.error == nil)
        #expect(reading.ending == .complete)
        #expect(reading.entries == ["text:Good", "text: night"])
        #expect(reading.passedOverCount == (object.contains("choices") ? 0 : 2))
    }

    // MARK: Heartbeats

    @Test(
        arguments: Provider.allCases,
        ["heartbeat", "ping", "1", "null", "\"\"", "[]", "true", "-", "ok {}", "[1,2]", "<3"]
    )
    func `data that is no object is passed over and counted`(provider: Provider, beat: String) {
        let events =
            provider == .openAI
            ? stream(Self.text, beat, Self.last, beat, "[DONE]")
            : stream(
                #"{"type":"content_block_delta","index":0,"delta":{"text":"Good"}}"#,
                beat,
                #"{"type":"content_block_delta","index":0,"delta":{"text":" night"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
                beat,
                #"{"type":"message_stop"}"#
            )
        let reading = readEveryWay(provider, events)
        #expect(reading.error == nil)
        #expect(reading.entries == ["text:Good", "text: night"])
        #expect(reading.ending == .complete)
        #expect(reading.passedOverCount == 2)
        #expect(reading.dataEventCount == (provider == .openAI ? 3 : 4))
    }

    @Test func `event types that nobody knows are passed over and counted`() {
        let reading = readEveryWay(
            .anthropic,
            stream(#"{"type":"news","text":"of tomorrow"}"#, #"{"type":"ping"}"#)
        )
        #expect(reading.passedOverCount == 1 && reading.error == nil)
    }

    // MARK: Whole answers

    private static let completion =
        #"{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Paid for.","reasoning":"hm","tool_calls":[{"id":"k","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}"#
    private static let message =
        #"{"id":"m1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Paid for."},{"type":"tool_use","id":"k","name":"f","input":{"x":1}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":3}}"#

    @Test(arguments: ["bare", "indented", "marked", "event", "cut event"])
    func `a whole answer is taken, with all that it has`(framing: String) {
        for (provider, body) in [(Provider.openAI, Self.completion), (.anthropic, Self.message)] {
            let framed =
                switch framing {
                case "bare": body
                case "indented": "\n" + body.split(separator: ",").joined(separator: ",\n ") + "\n"
                case "marked": "\u{FEFF}" + body
                case "event": stream(body)
                default: "data: " + body
                }
            let reading = readEveryWay(provider, framed, ends: true)
            #expect(reading.error == nil)
            let said = reading.entries.filter { !$0.hasPrefix("members:") }
            #expect(said.prefix(2) == ["reasoning:hm", "text:Paid for."])
            #expect(said.count > 2 && said.dropFirst(2).allSatisfy { $0.hasPrefix("toolCall:") })
            #expect(reading.ending == .toolCalls)
            let usage = reading.usage
            #expect([usage?.promptTokens, usage?.completionTokens] == [2, 3])
            #expect(usage?.isEstimated == false)
            #expect(reading.model == "m")
        }
    }

    @Test func `a whole answer without a reason is complete once its body has ended`() {
        let body = #"{"choices":[{"message":{"role":"assistant","content":"Paid for."}}]}"#
        #expect(readEveryWay(.openAI, body, ends: true).ending == .complete)
        #expect(!readEveryWay(.openAI, body).isSuccess)
    }

    @Test func `a whole answer, or its chunks, may be in an array`() {
        let whole = readEveryWay(.openAI, "[\n\(Self.completion)\n]", ends: true)
        #expect(whole.entries.prefix(2) == ["reasoning:hm", "text:Paid for."])
        #expect(whole.ending == .toolCalls && whole.usage?.completionTokens == 3)
        let chunks = readEveryWay(.openAI, "[\(Self.text),\n\(Self.last)]")
        #expect(chunks.entries == ["text:Good", "text: night"] && chunks.ending == .complete)
    }

    @Test(arguments: [
        (Provider.openAI, #"{"choices":[{"text":"Paid.","index":0,"finish_reason":"stop"}]}"#),
        (
            .openAI,
            #"{"choices":[{"message":{"content":["Pa",{"type":"text","text":"id."}]}}]}"#
        ),
        (.anthropic, #"{"type":"message","content":"Paid.","stop_reason":"end_turn"}"#),
    ])
    func `the text of a whole answer is taken in older forms`(provider: Provider, body: String) {
        for framed in [body, stream(body)] {
            let reading = readEveryWay(provider, framed, ends: true)
            let said = reading.entries.map { $0.dropFirst("text:".count) }.joined()
            #expect(said == "Paid." && reading.ending == .complete && reading.error == nil)
        }
    }

    @Test(arguments: Provider.allCases)
    func `a JSON text in the place of an answer is a refusal in its words`(provider: Provider) {
        let bodies = [
            (#"{"message":"Unauthorized"}"#, "Unauthorized"),
            (#"{"Message":"Too many requests"}"#, "Too many requests"),
            (#"{"fault":{"faultstring":"over quota"}}"#, "over quota"),
        ]
        for (body, words) in bodies {
            let error = readEveryWay(provider, body, ends: true).error
            #expect(
                error?.withoutDetail
                    == .vendor(type: nil, message: words, code: nil, overloaded: false)
            )
        }
        let answer = #"{"message":"queued"}"# + "\n" + stream(Self.text, Self.last)
        #expect(readEveryWay(.openAI, answer, ends: true).error == nil)
    }

    @Test func `a whole answer after deltas is a repetition`() {
        let start =
            #"{"type":"content_block_start","index":0,"content_block":{"text":"Paid for."}}"#
        let reading = readEveryWay(.anthropic, stream(start, Self.message))
        #expect(reading.entries == ["text:Paid for."])
        #expect(reading.ending == .toolCalls)
    }

    @Test func `a whole answer that is cut is no answer`() {
        let reading = readEveryWay(.openAI, String(Self.completion.dropLast(20)), ends: true)
        #expect(reading.entries == [])
        #expect(reading.error == nil && !reading.isSuccess)
    }

    @Test(arguments: ["\n", "\r\n", "\n\n", "", ",\n"])
    func `chunks on lines without the framing of events are read`(end: String) {
        let body = [Self.text, Self.last, "[DONE]"].map { $0 + end }.joined()
        let reading = readEveryWay(.openAI, body)
        #expect(reading.entries == ["text:Good", "text: night"])
        #expect(reading.isDone && reading.ending == .complete)
    }

    @Test func `a JSON text may be followed by an event stream`() {
        let reading = readEveryWay(.openAI, "{}\n" + stream(Self.text, "[DONE]"))
        #expect(reading.entries == ["text:Good"] && reading.isDone)
    }

    @Test(arguments: [
        "<!doctype html>", "<html>", "  \n<title>Log in</title>", "<?xml version=\"1.0\"?>",
    ])
    func `a page is refused`(page: String) {
        #expect(readEveryWay(.openAI, page).error == .page)
    }

    @Test(arguments: ["", "\n", ": hi\n\n", "no answer today"])
    func `a body without an answer is empty`(body: String) {
        var decoder = StreamDecoder(.openAI)
        var log = EntryLog()
        let bytes = Array(body.utf8)
        #expect(throws: Never.self) {
            try decoder.decode(bytes.span, into: &log)
            try decoder.finish(into: &log)
        }
        #expect(decoder.isEmpty && !decoder.isSuccess)
        #expect(log.count == 0)
    }

    @Test func `a JSON text over the limit of a line ends with an error`() {
        var decoder = StreamDecoder(.openAI, maxLineBytes: 64)
        var log = EntryLog()
        let bytes = Array((#"{"a":""# + String(repeating: "x", count: 100)).utf8)
        let error = #expect(throws: StreamError.self) {
            try decoder.decode(bytes.span, into: &log)
        }
        #expect(error == .tooLong("a JSON text is over 64 bytes long"))
    }
}
