import Access
import ChatFormats
import Generations
import HTTPServer
import Loop
import Wire

/// Gives the answer to a request: the one that its key belongs to, or a new one on this loop.
///
/// A question that is asked twice is answered once.
final class Asking {
    /// Where the answer is.
    enum Answer {
        case running(Generation)
        /// Only the history has it.
        case recorded(RecordedAnswer)
    }

    private let policies: Policies
    private let store: GenerationStore
    private let keys: KeyTable
    private let directory: AnswerDirectory
    private let recorded: RecordedAnswers
    private let past: ConversationPast
    private let audit: Audit

    init(
        _ policies: Policies,
        store: GenerationStore,
        keys: KeyTable,
        directory: AnswerDirectory,
        recorded: RecordedAnswers,
        past: ConversationPast,
        audit: Audit
    ) {
        self.policies = policies
        self.store = store
        self.keys = keys
        self.directory = directory
        self.recorded = recorded
        self.past = past
        self.audit = audit
    }

    /// Finds or begins the answer.
    ///
    /// - Parameters:
    ///   - call: what is asked.
    ///   - exchange: the client's; errors are answered to it, and it may move away.
    ///   - use: takes the answer, now or later.
    func answer(
        _ call: ChatCall,
        _ exchange: Exchange,
        then use: @escaping (Answer) -> Void
    ) {
        let id = store.makeID()
        guard let key = call.key else { return reserve(call, id, exchange, use) }
        keys.claim(key, for: id, at: store.context.reactor.now) { [self] claim in
            switch claim {
            case .claimed: reserve(call, id, exchange, use)
            case .taken(let id): attach(call, id, exchange, use)
            case .recorded(let id):
                recorded.find(id, for: exchange, call.caller) { [self] answer in
                    if let answer { return use(.recorded(answer)) }
                    askAnew(call, id, exchange, use)
                }
            case .otherRequest: exchange.respond(Self.otherRequest)
            case .otherRecorded(let id):
                recorded.find(id, for: exchange, call.caller) { [self] answer in
                    guard answer == nil else {
                        return exchange.respond(Self.otherRequest)
                    }
                    askAnew(call, id, exchange, use)
                }
            case .full: exchange.respond(Self.tooManyKeys)
            }
        }
    }

    /// Asks again, because the answer of a key is gone with its conversation: the key is free, and
    /// the request is a new one.
    private func askAnew(
        _ call: ChatCall,
        _ id: String,
        _ exchange: Exchange,
        _ use: @escaping (Answer) -> Void
    ) {
        if let key = call.key { keys.free(key, of: id) }
        answer(call, exchange, then: use)
    }

    /// Reads the answer that was begun under the key.
    private func attach(
        _ call: ChatCall,
        _ id: String,
        _ exchange: Exchange,
        _ use: @escaping (Answer) -> Void
    ) {
        switch directory.find(id, for: exchange, call.caller) {
        case .here(let generation): use(.running(generation))
        case .moved: return
        case .nowhere:
            let waits = store.whenDecided(id) { [self] in
                guard !exchange.isLost else { return }
                answer(call, exchange, then: use)
            }
            // An answer that is gone has freed its key: this is the loop that would have it, or
            // there is none. The next round claims the key.
            if !waits { askAnew(call, id, exchange, use) }
        }
    }

    // MARK: A new answer

    private func reserve(
        _ call: ChatCall,
        _ id: String,
        _ exchange: Exchange,
        _ use: @escaping (Answer) -> Void
    ) {
        // Other requests under the same key find the claim and no answer while this one waits.
        if call.key != nil { store.expect(id) }
        var isAnswered = false
        policies.reserve(id, call.caller, exchange) { [self] result in
            // A second word would begin, and pay for, a second answer under the same id.
            guard !isAnswered else { return assertionFailure("a budget answers once") }
            isAnswered = true
            do throws(Problem) {
                try result.get()
                use(.running(try begin(call, id, exchange)))
            } catch {
                if let key = call.key { keys.free(key, of: id) }
                if EventSourceRefusal.respond(exchange, error, call.dialect, call.caller) {
                    audit.refused(error, exchange, by: call.caller)
                }
            }
            if call.key != nil { store.decided(id) }
        }
    }

    private func begin(
        _ call: ChatCall,
        _ id: String,
        _ exchange: Exchange
    ) throws(Problem) -> Generation {
        do throws(Problem) {
            // A client that left while this waited may never come back for an answer that would be
            // paid.
            guard !exchange.isLost else { throw Self.clientLeft }
            let generation = try begin(call, id)
            audit.began(id, in: call.request.conversation, by: call.caller, exchange)
            return generation
        } catch {
            policies.release(id)
            throw error
        }
    }

    private func begin(_ call: ChatCall, _ id: String) throws(Problem) -> Generation {
        let filters = policies.context.configuration.filters
        var candidates = policies.models.candidates(for: call.request.model)
        let question = try Self.question(
            filters?.prefixing(call.request) ?? call.request,
            for: &candidates
        )
        let generation = store.begin(
            id: id,
            owner: call.caller.id,
            key: call.key,
            call.request,
            source: .init(candidates[0]),
            onDisconnect: call.onDisconnect,
            in: policies.context
        )
        let wantsPast = past.isWanted(by: call.request)
        let source = UpstreamCall(
            for: generation,
            wantsPast ? nil : question,
            candidates,
            policies.context
        )
        generation.begin(from: source)
        if wantsPast { past.gather(call.request, call.caller, candidates[0], for: source) }
        return generation
    }

    /// Writes what is asked; candidates whose protocols cannot express it are not asked.
    ///
    /// - Throws: where none can; the first one's reason.
    private static func question(
        _ request: ChatRequest,
        for candidates: inout [ModelTable.Candidate]
    ) throws(Problem) -> Question {
        var problem: ChatRequestError?
        while let candidate = candidates.first {
            do throws(ChatRequestError) {
                return try Question(request, for: candidate)
            } catch {
                problem = problem ?? error
                candidates.removeFirst()
            }
        }
        throw problem.map { Problem($0) } ?? Self.noUpstream
    }

    private static let noUpstream = Problem(
        .serviceUnavailable,
        type: "upstream_error",
        message: "no upstream can be asked"
    )

    /// Nobody is sent this: the client is gone.
    private static let clientLeft = Problem(
        .requestTimeout,
        type: "invalid_request_error",
        message: "the client left before an upstream was asked"
    )

    private static let otherRequest = Problem(
        .conflict,
        type: "idempotency_error",
        message: "this key was used for another request; a new question needs a new key",
        code: "idempotency_key_in_use",
        // OpenAI's libraries would send the same request again.
        fields: ["x-should-retry": "false"]
    )

    private static let tooManyKeys = Problem(
        .serviceUnavailable,
        type: "overloaded_error",
        message: "too many answers with keys are kept; ask again later, or without a key",
        code: "too_many_keys",
        fields: ["Retry-After": "10"]
    )
}

extension Problem {
    /// A chat request that cannot be answered, as 400.
    init(_ error: ChatRequestError) {
        self = .invalid(error.message, code: error.field)
        param = error.field
    }
}
