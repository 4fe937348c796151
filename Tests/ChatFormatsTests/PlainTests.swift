import ChatFormats
import Testing
import Wire

/// The answer's text and nothing else.
@Suite struct `Plain text` {
    private static let context = FrameContext(
        generation: "0abc",
        model: "m",
        created: 7,
        retryMilliseconds: 900
    )

    @Test func `is what the model said, byte by byte, and nothing else`() {
        var log = log(
            (.start, "{}"),
            (.reasoning, "hm"),
            (.text, "a\r\n"),
            (.members, "{}"),
            (.text, "[DONE]\n"),
            (.toolCall, "{}"),
            (.restart, ""),
            (.refusal, "no"),
            (.usage, "{}")
        )
        log.appendFinish(.length, finishReason: "length")
        let text = written { out in
            for n in log.numbers {
                Dialect.plain.appendFrame(n, of: log, context: Self.context, into: &out)
            }
            Dialect.plain.media.appendSilence(Self.context, into: &out)
            Dialect.plain.appendRestored(2, of: log, Self.context, into: &out)
        }
        #expect(text == "a\r\n[DONE]\nno")
    }

    @Test(arguments: Ending.allCases)
    func `ends in order only where the answer is complete, and the others always`(ending: Ending) {
        var log = log((.start, "{}"), (.text, "a"))
        if ending.isFinish {
            log.appendFinish(ending, finishReason: "w")
        } else {
            log.appendFailure(ending, type: "t", message: "cut")
        }
        for dialect in Dialect.all {
            let isInOrder = dialect.media.endsInOrder(log)
            #expect(isInOrder == (dialect != .plain || ending == .complete), "\(dialect)")
        }
    }
}
