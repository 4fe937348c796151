import ChatFormats
import Testing
import Wire

/// What pages need that read with `fetch`, take everything before an empty line for `data: ` and
/// its value, parse that, and show its `content`.
@Suite struct `Readers of pages` {
    private static func context(hasIDs: Bool, repeatsContent: Bool) -> FrameContext {
        FrameContext(
            generation: "0abc",
            model: "m",
            created: 7,
            hasIDs: hasIDs,
            repeatsContent: repeatsContent
        )
    }

    private static let chunkHead =
        #"data: {"id":"chatcmpl-0abc","object":"chat.completion.chunk","created":7,"model":"m","#

    @Test(
        arguments: Dialect.eventStreams,
        [(true, true), (true, false), (false, true), (false, false)]
    )
    func `silence is data for readers without ids and a comment for all others`(
        dialect: Dialect,
        flags: (hasIDs: Bool, repeatsContent: Bool)
    ) {
        let (hasIDs, repeatsContent) = flags
        let context = Self.context(hasIDs: hasIDs, repeatsContent: repeatsContent)
        let silence = written { dialect.media.appendSilence(context, into: &$0) }
        let empty =
            Self.chunkHead
            + #""content":"","choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":null}]}"#
        let data: String? =
            switch dialect {
            case .text: "data: "
            case .content: #"data: {"content":""}"#
            case .openai: repeatsContent ? empty : nil
            default: nil
            }
        let expected = hasIDs ? nil : data.map { $0 + "\n\n" }
        #expect(silence == expected ?? ": keep-alive\n")
    }

    @Test(arguments: [
        (EntryKind.start, "{}", "", #"{"role":"assistant","content":""}"#),
        (.text, "a\n\"", #"a\n\""#, #"{"content":"a\n\""}"#),
        (.refusal, "no", "no", #"{"refusal":"no"}"#),
        (.reasoning, "hm", "", #"{"reasoning_content":"hm"}"#),
        (.toolCall, #"{"index":0}"#, "", #"{"tool_calls":[{"index":0}]}"#),
    ])
    func `every chunk has the text that it adds beside its choices`(
        kind: EntryKind,
        payload: String,
        content: String,
        delta: String
    ) {
        let context = Self.context(hasIDs: false, repeatsContent: true)
        let rest = #","logprobs":null,"finish_reason":null}]}"# + "\n\n"
        #expect(
            `Dialects`.frame(.openai, kind, payload, context: context)
                == Self.chunkHead
                + #""content":"\#(content)","choices":[{"index":0,"delta":"# + delta + rest
        )
    }

    @Test func `the finish and the usage have an empty text beside their choices`() throws {
        let context = FrameContext(
            generation: "0abc",
            model: "m",
            created: 7,
            usage: Usage(promptTokens: 1, completionTokens: 2),
            wantsUsage: true,
            hasIDs: false,
            repeatsContent: true
        )
        let payload = #"{"status":"complete","finish_reason":"stop"}"#
        let frame = `Dialects`.frame(.openai, .finish, payload, context: context)
        let blocks = frame.split(separator: "\n\n")
        #expect(blocks.count == 3)
        for block in blocks.dropLast() {
            #expect(try json(String(block.dropFirst(6)))["content"]?.stringValue == "")
        }
        #expect(blocks.last == "data: [DONE]")
    }

    @Test func `a whole answer has its text beside its choices`() throws {
        var log = log((.start, "{}"), (.reasoning, "hm"), (.text, "a\n"), (.text, "\"b"))
        log.append(.refusal, Array("no".utf8).span)
        log.appendFinish(.complete, finishReason: "stop")
        let context = Self.context(hasIDs: false, repeatsContent: true)
        let text = written { OpenAICompletion.append(log: log, context: context, into: &$0) }
        #expect(try json(text)["content"]?.stringValue == "a\n\"bno")
        #expect(try json(text)["choices"]?.arrayValue?.count == 1)
    }
}
