import ChatFormats
import Wire

@testable import Generations
@testable import Upstream

/// What the relay makes of an upstream's bytes: a log, and from it what each dialect writes.
final class GoldenAnswer {
    private(set) var log = EntryLog()
    private(set) var passedOverCount = 0
    private let model: String

    /// How it ended.
    var ending: Ending? { log.ending }

    /// The entries as `kind:payload`, without the text's own boundaries.
    var entries: [String] {
        log.numbers.map { n in
            "\(log.kind(n)):" + String(decoding: log.bytes[log.range(n)], as: UTF8.self)
        }
    }

    /// Decodes a body whose connection then ends in order.
    init(_ provider: Provider, asking model: String, _ pieces: [ArraySlice<UInt8>]) {
        self.model = model
        var decoder = StreamDecoder(provider, model: model, answer: Self.id)
        log.appendStart(id: Self.id, model: model, created: Self.created)
        let begun = log.count
        let upstream = RelayConfiguration.Upstream(
            name: "up",
            provider: provider,
            baseURL: "http://up/v1",
            key: nil,
            model: model
        )
        var failure: AttemptFailure?
        let head = UpstreamHead(status: 200, fields: ["Content-Type": "text/event-stream"])
        do throws(StreamError) {
            for piece in pieces { try decoder.decode(piece.span, into: &log) }
            try decoder.finish(into: &log)
        } catch {
            let bytes = pieces.last ?? []
            failure = AttemptFailure(error, head, bytes.span, of: upstream)
        }
        if failure == nil, !decoder.isSuccess {
            failure = AttemptFailure(
                endOf: head,
                hasAnswer: log.count > begun,
                decoder,
                of: upstream
            )
        }
        decoder.close(into: &log)
        passedOverCount = decoder.passedOverCount
        if let usage = decoder.usage(askedBytes: 40) { log.appendUsage(usage) }
        if let failure = failure?.failure {
            log.appendFailure(
                failure.ending,
                type: failure.type,
                message: failure.message,
                code: failure.code,
                param: failure.detail.param
            )
        } else {
            let outcome = decoder.outcome
            log.appendFinish(
                outcome.ending ?? .complete,
                finishReason: outcome.finishReason ?? "stop",
                native: outcome.native
            )
        }
    }

    private static let id = "0abc"
    private static let created = 7

    /// What each dialect writes, and the history; `ndjson` is like `events`, see `ndjson`.
    var cells: [(name: String, text: String)] {
        [
            ("events", events), ("tokens", write(.tokens, hasIDs: true)), ("text", write(.text)),
            ("content", write(.content)), ("plain", write(.plain)), ("openai", write(.openai)),
            ("openai in one piece", whole + "\n"), ("history", record + "\n"),
        ]
    }

    /// What `events` writes.
    var events: String { write(.events, hasIDs: true) }

    /// What `ndjson` writes.
    var ndjson: String { write(.ndjson, hasIDs: true) }

    private func context(hasIDs: Bool = false) -> FrameContext {
        FrameContext(
            generation: Self.id,
            model: model,
            created: Self.created,
            wantsUsage: true,
            hasIDs: hasIDs
        )
    }

    private func write(_ dialect: Dialect, hasIDs: Bool = false) -> String {
        let context = context(hasIDs: hasIDs)
        var writer = dialect.makeWriter(context)
        var out: [UInt8] = []
        _ = writer.write(log.numbers, of: log, context, upTo: .max, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private var whole: String {
        var out: [UInt8] = []
        OpenAICompletion.append(log: log, context: context(), into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// The record, without what was asked and with a clock that stands still.
    private var record: String {
        let line = GenerationRecord.make(
            Array("{\"id\":\"0abc\"".utf8),
            GenerationRecord.Source(upstream: "up", model: model),
            log,
            .init(startedAt: 7000, firstTokenMilliseconds: 0, totalMilliseconds: 0, retries: 0)
        )
        return String(decoding: line, as: UTF8.self)
    }
}
