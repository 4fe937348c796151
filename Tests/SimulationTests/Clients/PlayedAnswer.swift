import ChatFormats
import HTTPServer
import Wire

@testable import simulate

/// What the relay's own writers make of a log, for a client to read.
struct PlayedAnswer {
    let dialect: Dialect
    let places: ClientRequest.Places
    /// How the answer ends.
    let ending: Ending
    /// The texts, one for each entry.
    var texts = ["c1w0 ", "c1w1é ", "c1w2\n", " [DONE] 👋"]

    /// The number of the last entry: the start, the texts, reasoning and the usage are before it.
    var last: Int { texts.count + 3 }

    /// The events' bytes, with what comes beside them.
    var bytes: [UInt8] {
        let context = context
        var log = makeLog()
        var writer = dialect.makeWriter(context)
        var out: [UInt8] = []
        dialect.media.appendSilence(context, into: &out)
        dialect.media.place?(3, &out)
        _ = writer.write(0..<4, of: log, context, upTo: .max, into: &out)
        dialect.media.appendSilence(context, into: &out)
        end(&log)
        _ = writer.write(4..<log.count, of: log, context, upTo: .max, into: &out)
        return out
    }

    /// Whether the answer's last chunk comes.
    var isWhole: Bool {
        var log = makeLog()
        end(&log)
        return dialect.media.endsInOrder(log)
    }

    /// The answer in one piece.
    var completion: [UInt8] {
        var log = makeLog()
        end(&log)
        var out: [UInt8] = []
        OpenAICompletion.append(log: log, context: context, into: &out)
        return out
    }

    /// What a client is sent that comes back when only the record is left.
    var restored: [UInt8] {
        var log = EntryLog()
        log.appendStart(id: "0abc", model: "m", created: 7)
        let text = Array(texts.joined().utf8)
        log.append(.text, text.span)
        end(&log)
        let context = FrameContext(generation: "0abc", model: "m", created: 7, idMark: "r")
        var out: [UInt8] = []
        dialect.appendRestored(1, of: log, context, into: &out)
        var writer = dialect.makeWriter(context)
        _ = writer.write(log.count - 1..<log.count, of: log, context, upTo: .max, into: &out)
        return out
    }

    private var context: FrameContext {
        FrameContext(
            generation: "0abc",
            model: "m",
            created: 7,
            wantsUsage: true,
            retryMilliseconds: places == .given ? 1000 : nil,
            hasIDs: places == .given,
            repeatsContent: true
        )
    }

    private func makeLog() -> EntryLog {
        var log = EntryLog()
        log.appendStart(id: "0abc", model: "m", created: 7)
        let thought = Array("c1r0 ".utf8)
        log.append(.reasoning, thought.span)
        for text in texts { log.append(.text, Array(text.utf8).span) }
        return log
    }

    private func end(_ log: inout EntryLog) {
        log.appendUsage(Usage(promptTokens: 1, completionTokens: 2, totalTokens: 3))
        if ending.isFinish {
            log.appendFinish(ending, finishReason: ending.openAIFinishReason.description)
        } else {
            log.appendFailure(ending, type: "t", message: "cut", code: "9")
        }
    }

    /// A request to which this is the answer.
    var request: ClientRequest {
        ClientRequest("GET", "/", expected: .stream(dialect, places))
    }

    /// Reads the bytes in pieces that end at some places.
    func read(_ bytes: [UInt8], cutAt cuts: some Sequence<Int>) -> (AnswerReading, [AnswerEvent]) {
        let reading = AnswerReading(request)
        reading.began(200, ["X-Stream-Id": "0abc"])
        var start = 0
        for cut in cuts {
            reading.wrote(Array(bytes[start..<cut]))
            start = cut
        }
        reading.wrote(Array(bytes[start...]))
        reading.ended(isWhole: isWhole)
        return (reading, reading.takeNews())
    }

    /// All dialects, with ids and without.
    static let forms: [(Dialect, ClientRequest.Places)] = [
        (.events, .given), (.text, .given), (.text, .none), (.tokens, .given), (.content, .given),
        (.content, .none), (.openai, .given), (.openai, .none), (.ndjson, .given), (.plain, .none),
    ]
}
