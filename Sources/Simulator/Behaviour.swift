/// How the simulator should behave, as the options after the `?` of a request's model name say.
///
/// The model name says everything, so two tests on one simulator never interfere, and every client
/// that can name a model can ask for any failure. Where an option below counts tokens, it counts
/// everything that the model says, reasoning included.
package struct Behaviour: Sendable, Equatable {
    /// What ends a line of the stream; all three are legal (WHATWG HTML §9.2.5).
    package enum LineEnd: Sendable, Equatable {
        case lf, cr, crlf
    }

    /// Why the answer ends.
    package enum Finish: String, Sendable, Equatable, CaseIterable {
        case stop
        case length
        case contentFilter = "content_filter"
        case toolCalls = "tool_calls"
    }

    /// The model name without the options, as answers have it.
    package var model: String

    // What the answer says.

    /// `tokens`: the text is repeated or cut to this many tokens.
    package var tokens: Int?
    /// `say`: the whole answer.
    package var say: String?
    /// `echo`: the answer is the last user message.
    package var echoes = false
    /// `stamp`: each token of a streamed answer is the instant at which it is written, in
    /// nanoseconds of `CLOCK_MONOTONIC`, and a blank; for measurements on one machine.
    package var hasStamps = false
    /// `reasoning`: so many tokens of reasoning come first.
    package var reasoningTokens = 0
    /// `line_bytes`: the first token is an event whose data line is this long.
    package var lineBytes: Int?
    /// `calls`: so many calls of the request's tools, unless their results are there.
    package var calls: Int?
    /// `shape`: the whole answer is this one, whatever the other options say of it.
    package var shape: Shape?
    /// `finish_word`: the vendor's word for why the answer ends, as it is given.
    package var finishWord: String?
    /// `with`: what comes beside the text, as words with commas between them.
    package var beside: [Beside] = []
    /// `finish`: why the answer says it ends.
    package var finish: Finish?
    /// `no_usage`: token counts are left out.
    package var omitsUsage = false
    /// `done_only`: the end is the last mark alone, without a reason.
    package var saysDoneOnly = false
    /// `no_done`: the last mark is left out, though the reason is there.
    package var omitsDone = false

    // When it comes.

    /// `interval_ms`: the pause between two writes; the default is a model's usual speed.
    package var intervalMilliseconds = 25
    /// `interval_us`: the same in finer steps, instead of `interval_ms`.
    package var intervalMicroseconds: Int?
    /// `send_each`: each event leaves in a `send` of its own even without an interval, as from a
    /// model's server, and all such streams take turns.
    package var sendsEach = false
    /// `phase_us`: tokens come so long after the multiples of the interval on the machine's clock,
    /// so that the streams of a measurement stay evenly spread, whenever they begin.
    package var phaseMicroseconds: Int?
    /// `first_ms`: silence between the head and the first event.
    package var firstMilliseconds = 0
    /// `pause_after`: tokens before the silence in the middle.
    package var pauseAfter: Int?
    /// `pause_ms`: the length of that silence.
    package var pauseMilliseconds = 0

    // How it is written.

    /// `chunk_bytes`: every write is cut into pieces of this many bytes, each an HTTP chunk.
    package var chunkBytes: Int?
    /// `batch`: events in one write.
    package var batch = 1
    /// `crlf`, `cr`: what ends lines.
    package var lineEnd = LineEnd.lf
    /// `comments`: a comment precedes each event.
    package var hasComments = false
    /// `split_utf8`: a write ends inside every character longer than a byte.
    package var splitsUTF8 = false
    /// `content_type`: sent instead of `text/event-stream`.
    package var contentType: String?
    /// `http=close`: the connection ends with the answer.
    package var closesConnection = false

    // What goes wrong.

    /// `status`: refuse with this status.
    package var status: Int?
    /// `retry_after`: the refusal's `Retry-After`, as it is given.
    package var retryAfter: String?
    /// `retry_after_ms`: the refusal's `retry-after-ms`, as it is given.
    package var retryAfterMilliseconds: String?
    /// `hang`: never answer.
    package var hangs = false
    /// `cut_after`: end the response in good order, but without the protocol's end.
    package var cutAfter: Int?
    /// `reset_after`: reset the connection.
    package var resetAfter: Int?
    /// `truncate_chunk_after`: promise a chunk, send less, close.
    package var truncateChunkAfter: Int?
    /// `error_after`: say in the stream that something failed.
    package var errorAfter: Int?
    /// `bad_json_after`: send one event whose JSON is broken, then go on.
    package var badJSONAfter: Int?
    /// `times`: how many calls of this exact model string go wrong, from the first on.
    package var times: Int?

    /// The default behaviour.
    package init(model: String = "simulator") {
        self.model = model
    }

    /// The pause between two writes; 0 for none.
    ///
    /// In microseconds.
    var interval: Int { intervalMicroseconds ?? intervalMilliseconds * 1000 }

    /// The behaviour for call number `call` of this model string, counted from 1.
    package func forCall(_ call: Int) -> Behaviour {
        guard let times, call > times else { return self }
        var calm = self
        calm.status = nil
        calm.hangs = false
        calm.cutAfter = nil
        calm.resetAfter = nil
        calm.truncateChunkAfter = nil
        calm.errorAfter = nil
        calm.badJSONAfter = nil
        return calm
    }
}
