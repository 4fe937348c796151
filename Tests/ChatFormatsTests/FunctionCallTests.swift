import ChatFormats
import Testing
import Wire

/// A client that sends `functions` knows calls of tools only in their first form.
@Suite struct `Calls for clients that send functions` {
    private static func context(_ usesFunctions: Bool) -> FrameContext {
        FrameContext(generation: "0abc", model: "m", created: 7, usesFunctions: usesFunctions)
    }

    private static func answer() -> EntryLog {
        var log = log(
            (.start, "{}"),
            (
                .toolCall,
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#
            ),
            (.toolCall, #"{"index":0,"function":{"arguments":"{}"}}"#),
            (
                .toolCall,
                #"{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"1"}}"#
            )
        )
        log.appendFinish(.toolCalls, finishReason: "tool_calls")
        return log
    }

    @Test func `stream as function_call, and further calls as tool_calls`() throws {
        let context = Self.context(true)
        var writer = Dialect.openai.makeWriter(context)
        let log = Self.answer()
        var out: [UInt8] = []
        _ = writer.write(log.numbers, of: log, context, upTo: .max, into: &out)
        let text = String(decoding: out, as: UTF8.self)
        let deltas = [
            #"{"index":0,"delta":{"function_call":{"name":"f","arguments":""}},"#,
            #"{"index":0,"delta":{"function_call":{"arguments":"{}"}},"#,
            #"{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","#,
            #""delta":{},"logprobs":null,"finish_reason":"function_call"}"#,
        ]
        for delta in deltas { #expect(text.contains(delta), "\(delta)") }
        #expect(!text.contains(#""tool_calls":[{"index":0"#))
    }

    @Test func `are function_call in a whole answer, and further calls are tool_calls`() {
        let text = written {
            OpenAICompletion.append(log: Self.answer(), context: Self.context(true), into: &$0)
        }
        let calls =
            #""function_call":{"name":"f","arguments":"{}"},"#
            + #""tool_calls":[{"id":"b","type":"function","function":{"name":"g","arguments":"1"}}]}"#
        #expect(text.contains(calls))
        #expect(text.contains(#""finish_reason":"function_call"}"#))
    }

    @Test(arguments: [
        (#""functions":[{"name":"f"}]"#, true), (#""functions":null"#, false), (#""n":1"#, false),
        (#""functions":[{"name":"f"}],"tools":[{"type":"function"}]"#, false),
    ])
    func `are for those who send no tools beside`(members: String, expected: Bool) throws {
        let body = #"{"messages":[{"role":"user","content":"x"}],\#(members)}"#
        let request = try ChatRequest(openAIBody: Array(body.utf8).span)
        #expect(request.usesFunctions == expected)
    }
}
