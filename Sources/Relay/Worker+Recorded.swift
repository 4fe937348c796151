import ChatFormats
import HTTPServer
import Storage
import Wire

/// Answers that are not in memory any more, told from their records.
extension Worker {
    /// Tells an answer to a client that comes back for it when only the history has it.
    ///
    /// Who has had nothing of the text gets it in any dialect. Who has had a part is told the whole
    /// text in `events`, to be put in the place of what it has; in the others it could only be
    /// added to it.
    ///
    /// - Parameters:
    ///   - exchange: the client's.
    ///   - position: where it wants to go on.
    ///   - dialect: what it reads.
    ///   - isBack: whether the client comes back by itself, as a browser's EventSource does with an
    ///     event's id: where there is no record either it is told 204, the one status on which it
    ///     does not come back. All others are told 404.
    func tellRecorded(
        _ exchange: Exchange,
        _ position: StreamPosition,
        _ dialect: Dialect,
        isBack: Bool
    ) {
        fetchRecord(position.generation, for: exchange) { answer in
            let isUsable = position.next <= 1 || position.isOfRecord || dialect == .events
            guard isUsable, let answer else {
                let isBrowser = isBack && exchange.request.head.method == .get
                guard isBrowser else { return exchange.respond(Self.unknownStream) }
                return exchange.respond(.noContent, [:])
            }
            guard !position.isOfRecord || position.next < answer.part.log.count else {
                return exchange.respond(.noContent, [:])
            }
            Self.tell(answer, position, dialect, nil, to: exchange)
        }
    }

    /// Looks up the answer that a key stands for in the history.
    ///
    /// Where that has it no more, since its conversation was deleted, the key is free and the
    /// request a new one.
    ///
    /// - Parameters:
    ///   - id: the answer's.
    ///   - key: under which the client asks.
    ///   - exchange: the client's.
    ///   - use: takes the answer where there is one.
    func ifRecorded(
        _ id: String,
        under key: RequestKey?,
        for exchange: Exchange,
        then use: @escaping (RecordedAnswer) -> Void
    ) {
        fetchRecord(id, for: exchange) { [unowned self] answer in
            guard !exchange.isLost else { return }
            if let answer { return use(answer) }
            if let key { service.keys.free(key, of: id) }
            handle(exchange)
        }
    }

    /// Answers what was asked before under the same key, where only the history has the answer.
    func answerAgain(_ exchange: Exchange, _ ask: ChatCall, _ id: String, isVendorShape: Bool) {
        ifRecorded(id, under: ask.key, for: exchange) { answer in
            guard !ask.request.stream else {
                let position = StreamPosition(generation: id)
                return Self.tell(answer, position, ask.dialect, ask.request, to: exchange)
            }
            exchange.note = Self.note(answer)
            if let failure = answer.part.log.failure.map(UpstreamFailure.init), failure.endsWhole {
                exchange.refuse(failure.problem, of: id, isVendorShape: isVendorShape)
            } else {
                let context = Self.context(of: answer, ask.request, hasIDs: false)
                exchange.respond(withWhole: answer.part.log, context, isVendorShape: isVendorShape)
            }
        }
    }

    /// Looks up an ended answer in the history; where that cannot be asked the client is told so.
    private func fetchRecord(
        _ id: String,
        for exchange: Exchange,
        then use: @escaping (RecordedAnswer?) -> Void
    ) {
        askHistory { catalog throws(HistoryQueryError) in
            HistoryAnswer(recorded: RecordedAnswer(try catalog.record(id: id) ?? []))
        } then: { answer in
            if let problem = answer.problem { return exchange.respond(problem) }
            use(answer.recorded)
        }
    }

    private static func note(_ answer: RecordedAnswer) -> [UInt8] {
        Array("id=\(answer.id) from the history".utf8)
    }

    /// What frames of a record say beside their entries.
    ///
    /// Whether the first request named a model is not in a record: who asks by the answer's id
    /// names none, and a member more harms nobody.
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
            hasIDs: hasIDs,
            repeatsContent: request?.model == nil,
            idMark: StreamPosition.recordMark
        )
    }

    private static func tell(
        _ answer: RecordedAnswer,
        _ position: StreamPosition,
        _ dialect: Dialect,
        _ request: ChatRequest?,
        to exchange: Exchange
    ) {
        let hasIDs = Reader.comesBack(exchange.request.head, dialect)
        let context = context(of: answer, request, hasIDs: hasIDs)
        exchange.note = note(answer)
        exchange.beginStream(.ok, ["X-Stream-Id": answer.id], block: Reader.streamBlock)
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
