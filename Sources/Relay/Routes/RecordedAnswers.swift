import Access
import ChatFormats
import Generations
import HTTPServer
import Storage
import Wire

/// Answers that are no longer in memory, served from their records.
struct RecordedAnswers {
    let history: HistoryDesk
    let audit: Audit

    /// Serves an answer to a client that comes back for it when only the history has it.
    ///
    /// A client that has had nothing of the text gets it in any dialect. A client that has had a
    /// part is sent the whole text, to replace what it has, where the dialect can say that; in
    /// other dialects the client could only append it.
    ///
    /// - Parameters:
    ///   - position: where the client wants to go on.
    ///   - dialect: what the client reads.
    ///   - isBack: whether the client comes back by itself, as a browser's EventSource does with an
    ///     event's id. If there is no record either, such a client is sent 204, the one status
    ///     after which it does not come back; all others are sent 404.
    ///   - exchange: the client's.
    ///   - caller: who asks.
    func serve(
        _ position: StreamPosition,
        _ dialect: Dialect,
        isBack: Bool,
        to exchange: Exchange,
        _ caller: Caller
    ) {
        find(position.generation, for: exchange, caller) { answer in
            let isUsable = position.next <= 1 || position.isOfRecord || dialect.restores
            guard isUsable, let answer else {
                let isBrowser = isBack && exchange.request.head.method == .get
                guard isBrowser else { return exchange.respond(StreamRoutes.unknownStream) }
                return exchange.respond(.noContent, [:])
            }
            guard !position.isOfRecord || position.next < answer.part.log.count else {
                return exchange.respond(.noContent, [:])
            }
            audit.read(exchange, by: caller, id: answer.id, of: .owner(answer.owner))
            Self.serve(answer, position, dialect, nil, to: exchange)
        }
    }

    /// Answers again what was asked before under the same key.
    ///
    /// - Parameters:
    ///   - call: what is asked.
    ///   - answer: what the history has.
    ///   - exchange: the client's.
    static func answerAgain(
        _ call: ChatCall,
        with answer: RecordedAnswer,
        to exchange: Exchange
    ) {
        guard !call.request.stream else {
            let position = StreamPosition(generation: answer.id)
            return serve(answer, position, call.dialect, call.request, to: exchange)
        }
        exchange.note = note(answer)
        if let failure = answer.part.log.failure.map(UpstreamFailure.init), failure.endsWhole {
            WholeAnswer(exchange).refuse(failure.problem, of: answer.id)
        } else {
            let context = context(of: answer, call.request, hasIDs: false)
            WholeAnswer(exchange).respond(answer.part.log, context)
        }
    }

    /// Looks up an ended answer in the history; the client gets an error where that cannot be
    /// asked.
    ///
    /// - Parameters:
    ///   - id: the answer's.
    ///   - exchange: the client's; a client that has left meanwhile gets no answer.
    ///   - caller: who asks.
    ///   - use: takes the answer; nil where there is no record of it that the caller may know of.
    func find(
        _ id: String,
        for exchange: Exchange,
        _ caller: Caller,
        then use: @escaping (RecordedAnswer?) -> Void
    ) {
        history.ask { catalog throws(HistoryQueryError) in
            let answer = RecordedAnswer(try catalog.record(id: id) ?? [])
            let isSeen = answer.map { caller.maySee(answersOf: $0.owner) } ?? false
            return HistoryAnswer(recorded: isSeen ? answer : nil)
        } then: { answer in
            guard !exchange.isLost else { return }
            if let problem = answer.problem { return exchange.respond(problem) }
            use(answer.recorded)
        }
    }

    private static func note(_ answer: RecordedAnswer) -> LogFields {
        var fields = LogFields("id", answer.id)
        fields.add("from", "history")
        return fields
    }

    /// The context of a record's frames.
    ///
    /// A record does not say whether the first request named a model. A client that asks by the
    /// answer's id names none, and an additional member harms nobody.
    private static func context(
        of answer: RecordedAnswer,
        _ request: ChatRequest?,
        hasIDs: Bool
    ) -> FrameContext {
        FrameContext(
            generation: answer.id,
            model: answer.model,
            created: answer.created,
            wantsUsage: request?.includesUsage ?? false,
            usesFunctions: request?.usesFunctions ?? false,
            hasIDs: hasIDs,
            repeatsContent: request?.model == nil,
            idMark: StreamPosition.recordMark
        )
    }

    private static func serve(
        _ answer: RecordedAnswer,
        _ position: StreamPosition,
        _ dialect: Dialect,
        _ request: ChatRequest?,
        to exchange: Exchange
    ) {
        let hasIDs = Reader.comesBack(exchange.request.head, dialect)
        let context = context(of: answer, request, hasIDs: hasIDs)
        exchange.note = note(answer)
        exchange.beginStream(.ok, ["X-Stream-Id": answer.id], block: dialect.media.head)
        var next = position.next
        if next > 1, !position.isOfRecord {
            exchange.write {
                dialect.appendRestored(answer.text, of: answer.part.log, context, into: &$0)
            }
            next = answer.part.log.count - 1
        }
        RecordedReader(answer.part, from: next, dialect, context).start(on: exchange)
    }
}
