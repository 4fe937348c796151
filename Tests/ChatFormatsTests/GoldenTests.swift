import ChatFormats
import Testing

/// Exact bytes of every dialect, wherever a writer begins and however its entries are cut.
@Suite struct `A writer` {
    /// A log with an entry of each kind, except the last one.
    private static var log: EntryLog {
        ChatFormatsTests.log(
            (.start, #"{"id":"0abc","model":"m\"1","created":7}"#),
            (.reasoning, "hm\n"),
            (.reasoning, "so"),
            (.text, "Hi"),
            (.text, " a\r\nb\n[DONE] \"c\""),
            (.members, #"{"chunk":{"x":1},"delta":{"images":["i"]}}"#),
            (.text, "😀"),
            (.toolCall, #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#),
            (.toolCall, #"{"index":0,"function":{"arguments":"{}"}}"#),
            (.toolCall, #"{"index":1,"id":"b","function":{"name":"g","arguments":"1"}}"#),
            (.restart, ""),
            (.refusal, "no"),
            (.text, "[DONE]"),
            (.usage, #"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#)
        )
    }

    private static func log(endsIn kind: EntryKind) -> EntryLog {
        var log = log
        if kind == .finish {
            log.appendFinish(.length, finishReason: "length")
        } else {
            log.appendFailure(.truncated, type: "t", message: "cut \"off\"", code: "9")
        }
        return log
    }

    /// What is written from an entry on: only the first block has the retry time.
    private static func expected(_ frames: [String], from start: Int) -> String {
        var text = ""
        for frame in frames[start...] {
            text += text.isEmpty ? frame : frame.replacing("retry: 900\n", with: "")
        }
        return text
    }

    private static func writer(
        _ golden: Golden
    ) throws -> (writer: any FrameWriter, context: FrameContext) {
        let context = FrameContext(
            generation: "0abc",
            model: "m\"1",
            created: 7,
            wantsUsage: true,
            retryMilliseconds: golden.hasIDs ? 900 : nil,
            hasIDs: golden.hasIDs,
            repeatsContent: !golden.hasIDs
        )
        let dialect = try #require(Dialect.named(golden.dialect))
        return (dialect.makeWriter(context), context)
    }

    @Test(arguments: Golden.all.indices, [EntryKind.finish, .failure])
    func `says the same from any entry on, in pieces of any size`(
        place: Int,
        last: EntryKind
    ) throws {
        let golden = Golden.all[place]
        let log = Self.log(endsIn: last)
        var frames = golden.frames
        if last == .failure { frames[frames.count - 1] = golden.failure }
        #expect(frames.count == log.count)
        for start in 0..<log.count {
            let expected = Self.expected(frames, from: start)
            for bytes in [1, 2, 60, 200, 1000, .max] {
                var (writer, context) = try Self.writer(golden)
                var text = ""
                var next = start
                while next < log.count {
                    let before = next
                    text += written {
                        next = writer.write(
                            next..<log.count,
                            of: log,
                            context,
                            upTo: bytes,
                            into: &$0
                        )
                    }
                    try #require(next > before)
                }
                #expect(text == expected, "\(golden.dialect) from \(start), \(bytes) bytes")
            }
        }
    }

    @Test(arguments: Golden.all.indices)
    func `says the same wherever its entries are cut in two`(place: Int) throws {
        let golden = Golden.all[place]
        let log = Self.log(endsIn: .finish)
        for start in 0..<log.count {
            for cut in start...log.count {
                var (writer, context) = try Self.writer(golden)
                let text = written {
                    let next = writer.write(start..<cut, of: log, context, upTo: .max, into: &$0)
                    #expect(next == cut)
                    _ = writer.write(cut..<log.count, of: log, context, upTo: .max, into: &$0)
                }
                #expect(text == Self.expected(golden.frames, from: start))
            }
        }
    }

    @Test func `begins no frame where enough was written, and writes one in any case`() throws {
        var (writer, context) = try Self.writer(Golden.all[0])
        let log = Self.log(endsIn: .finish)
        var out: [UInt8] = [1, 2, 3]
        #expect(writer.write(3..<5, of: log, context, upTo: 1, into: &out) == 4)
        #expect(writer.write(4..<4, of: log, context, upTo: 1, into: &out) == 4)
    }
}
