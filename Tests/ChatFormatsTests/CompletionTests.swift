import ChatFormats
import Testing
import Wire

@Suite struct `Whole answers` {
    private static let context = FrameContext(generation: "0abc", model: "m", created: 7)
    private static let head =
        #"{"id":"chatcmpl-0abc","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"#

    private func completion(_ log: borrowing EntryLog) -> String {
        written { OpenAICompletion.append(log: log, context: Self.context, into: &$0) }
    }

    @Test func `text and reasoning are joined and usage is given`() throws {
        var log = log(
            (.start, "{}"),
            (.reasoning, "h"),
            (.reasoning, "m"),
            (.text, "a\n"),
            (.text, "\"😀")
        )
        log.appendUsage(
            Usage(promptTokens: 1, completionTokens: 2, cachedTokens: 0, reasoningTokens: 2)
        )
        log.appendFinish(.complete, finishReason: "eos")
        let text = completion(log)
        #expect(
            text == Self.head
                + #""a\n\"😀","refusal":null,"reasoning_content":"hm"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":2}}}"#
        )
        _ = try json(text)
    }

    @Test func `tool calls are put together from their pieces`() throws {
        var log = log(
            (.start, "{}"),
            (
                .toolCall,
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#
            ),
            (
                .toolCall,
                #"{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}"#
            ),
            (.toolCall, #"{"index":0,"id":"","function":{"arguments":"{\"x\":"}}"#),
            (.toolCall, #"{"index":1,"function":{"arguments":"}"}}"#),
            (.toolCall, #"{"index":0,"function":{"arguments":"1}"}}"#)
        )
        log.appendFinish(.toolCalls, finishReason: "tool_calls")
        #expect(
            completion(log) == Self.head
                + #"null,"refusal":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null}"#
        )
    }

    @Test func `of members that come again the first counts, whatever the call`() {
        var log = log(
            (.start, "{}"),
            (.toolCall, #"{"index":7,"id":"h","x":1,"function":{"name":"f","y":1}}"#),
            (.toolCall, #"{"index":2,"id":"c","function":{"arguments":"2"}}"#),
            (.toolCall, #"{"index":7,"id":"","x":2,"z":3,"function":{"y":2,"arguments":"7"}}"#)
        )
        log.appendFinish(.toolCalls, finishReason: "tool_calls")
        let calls =
            #"[{"id":"c","type":"function","function":{"arguments":"2"}},"#
            + #"{"id":"h","type":"function","x":1,"z":3,"function":"#
            + #"{"name":"f","y":1,"arguments":"7"}}]"#
        #expect(completion(log).contains(#""tool_calls":\#(calls)}"#))
    }

    @Test func `an empty answer is an empty text and a refusal is none`() {
        var empty = log((.start, "{}"))
        empty.appendFinish(.length, finishReason: "length")
        #expect(completion(empty).hasPrefix(Self.head + #""","refusal":null}"#))
        var refusal = log((.start, "{}"), (.refusal, "n"), (.refusal, "o"))
        refusal.appendFinish(.filtered, finishReason: "content_filter")
        #expect(completion(refusal).hasPrefix(Self.head + #"null,"refusal":"no"}"#))
    }

    @Test func `the history's text is all text entries and nothing else`() {
        let log = log(
            (.start, "{}"),
            (.reasoning, "hm"),
            (.text, "a\""),
            (.refusal, "no"),
            (.text, "b")
        )
        #expect(written { log.appendEscaped(.text, into: &$0) } == #"a\"b"#)
        #expect(log.textEntryCount == 2)
        #expect(log.count(of: .reasoning) == 1)
    }

    @Test func `the log's own JSON entries have one shape`() {
        var log = EntryLog()
        log.appendStart(id: "0\"", model: "m", created: 1)
        log.appendUsage(Usage(promptTokens: 1, completionTokens: 2))
        log.appendFailure(.timeout, type: "first_byte", message: "line\nbreak")
        #expect(
            lines(of: log) == [
                #"start:{"id":"0\"","model":"m","created":1}"#,
                #"usage:{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#,
                #"failure:{"status":"timeout","type":"first_byte","message":"line\nbreak","code":null}"#,
            ]
        )
        #expect(log.isEnded && log.ending == .timeout)
    }

    @Test func `what came beside the text is in the message, the choice and the object`() throws {
        var log = log(
            (.start, "{}"),
            (.reasoning, "one "),
            (
                .members,
                #"{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s1"}]}}"#
            ),
            (.reasoning, "two"),
            (
                .members,
                #"{"delta":{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s2"},{"type":"redacted_thinking","data":"d"}]}}"#
            ),
            (
                .members,
                #"{"chunk":{"model":"m-2","citations":["a"],"id":"x"},"choice":{"logprobs":{"content":[1],"refusal":null}},"delta":{"annotations":[1],"audio":{"id":"i","transcript":"Hel","data":"AA"}}}"#
            ),
            (.text, "Hello"),
            (
                .members,
                #"{"chunk":{"citations":["a","b"]},"choice":{"logprobs":{"content":[2]},"content_filter_results":{"hate":{"filtered":false}}},"delta":{"annotations":[2],"audio":{"id":"i","transcript":"lo","data":"BB"},"images":[{"url":"u"}]}}"#
            ),
            (
                .members,
                #"{"choices":[{"index":1,"delta":{"role":"assistant","content":"Ho"},"finish_reason":null},{"index":2,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}}]}"#
            ),
            (
                .members,
                #"{"choices":[{"index":2,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]},"finish_reason":"tool_calls"},{"index":1,"delta":{"content":"la"},"finish_reason":"stop"}]}"#
            )
        )
        log.appendFinish(.complete, finishReason: "stop")
        let answer = try json(completion(log))
        #expect(answer["model"] == .string("m-2"))
        #expect(answer["id"] == .string("chatcmpl-0abc"))
        #expect(answer["citations"] == (try json(#"["a","b"]"#)))
        let choices = try #require(answer["choices"]?.arrayValue)
        #expect(
            choices.first
                == (try json(
                    #"{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null,"reasoning_content":"one two","thinking_blocks":[{"type":"thinking","thinking":"one ","signature":"s1"},{"type":"thinking","thinking":"two","signature":"s2"},{"type":"redacted_thinking","data":"d"}],"annotations":[1,2],"audio":{"id":"i","transcript":"Hello","data":"AABB"},"images":[{"url":"u"}]},"content_filter_results":{"hate":{"filtered":false}},"logprobs":{"content":[1,2],"refusal":null},"finish_reason":"stop"}"#
                ))
        )
        #expect(
            Array(choices.dropFirst())
                == [
                    try json(
                        #"{"index":1,"message":{"role":"assistant","content":"Hola","refusal":null},"logprobs":null,"finish_reason":"stop"}"#
                    ),
                    try json(
                        #"{"index":2,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}"#
                    ),
                ]
        )
    }
}
