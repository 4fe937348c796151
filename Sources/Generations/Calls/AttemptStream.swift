import ChatFormats
import Wire

/// What one attempt brings: an upstream's bytes become entries, which a filter may change.
struct AttemptStream: ~Copyable {
    private(set) var decoder: StreamDecoder
    /// What is between the decoder and the log; nil for nothing.
    private let filter: EntryFilter?

    /// Begins with nothing.
    ///
    /// - Parameters:
    ///   - candidate: who is asked.
    ///   - generation: the one whose answer it is.
    ///   - context: the loop's.
    init(_ candidate: ModelTable.Candidate, for generation: Generation?, _ context: LoopContext) {
        decoder = StreamDecoder(
            candidate.upstream.configuration.provider,
            model: candidate.model,
            answer: generation?.id ?? "",
            maxAnswerBytes: context.configuration.maxAnswerBytes
        )
        filter = EntryFilter.make(for: generation, context)
    }

    /// Whether a filter lets nothing more pass.
    var isBlocked: Bool { filter?.isBlocked == true }

    /// Whether a filter holds something of the answer.
    var hasHeldAnswer: Bool { filter?.hasAnswer == true }

    /// Takes what has come.
    ///
    /// - Throws: where it cannot be read further, or says that the vendor failed.
    mutating func decode(
        _ bytes: Span<UInt8>,
        for generation: Generation
    ) throws(StreamError) {
        try generation.take { log throws(StreamError) in
            guard let filter else { return try decoder.decode(bytes, into: &log) }
            try filter.decode(bytes, with: &decoder, into: &log)
        }
    }

    /// Takes the end of the body.
    ///
    /// - Throws: where what is left cannot be read, or says that the vendor failed.
    mutating func finish(for generation: Generation) throws(StreamError) {
        try generation.take { log throws(StreamError) in
            guard let filter else { return try decoder.finish(into: &log) }
            try filter.take(into: &log) { rest throws(StreamError) in
                try decoder.finish(into: &rest)
            }
        }
    }

    /// Adds what the decoder still has to say.
    mutating func close(for generation: Generation) {
        generation.take { log in
            guard let filter else { return decoder.close(into: &log) }
            filter.take(into: &log) { decoder.close(into: &$0) }
        }
    }

    /// How the answer ends by what its upstream says and its filter does, once it is closed.
    func outcome(
        for generation: Generation
    ) -> (finishReason: String?, native: String?, ending: Ending?) {
        let outcome = decoder.outcome
        guard filter?.end(outcome.ending ?? .complete, of: generation) == true else {
            return outcome
        }
        return (EntryFilter.finishReason, nil, .filtered)
    }

    /// Lets the filter go of what it holds, where the answer is cut.
    func cut(for generation: Generation) { _ = filter?.end(nil, of: generation) }
}
