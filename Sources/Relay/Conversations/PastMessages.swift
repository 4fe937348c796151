import ChatFormats
import Wire

/// The past of a conversation that goes upstream with a new message, within a budget.
///
/// Tokens are estimated: four bytes each, and four for a message's frame.
struct PastMessages {
    private let request: ChatRequest
    /// What the budget has left.
    private var left: Int
    /// What the records that add nothing may still have.
    private var passable = maxPassedBytes
    private var turns: [(startedAt: String, messages: [ChatRequest.Message])] = []
    private var instructions: [ChatRequest.Message] = []
    private let hasInstructions: Bool
    /// What was asked after the record that is taken next, by its texts: a list would be gone
    /// through for each record.
    private var laterQuestions: [[String]: [[ChatRequest.Message]]] = [:]

    /// Begins with a request whose own messages are kept in any case.
    init(_ request: ChatRequest, budget: Int) {
        self.request = request
        hasInstructions =
            request.system != nil || request.messages.contains { Self.isInstruction($0) }
        left = budget - Self.tokens(request.messages) - (request.system?.utf8.count ?? 0) / 4
        _ = isAskedLater(request.messages.filter { $0.role == .user })
    }

    /// How much of records without an answer is read at most.
    static let maxPassedBytes = 4 << 20

    /// Whether a request wants the past.
    ///
    /// One that carries an answer, or more than one message of the user, brings its own past, and
    /// adding ours would say everything twice.
    static func isWanted(_ request: ChatRequest, budget: Int) -> Bool {
        guard budget > 0, request.conversation != nil else { return false }
        var isAsked = false
        for message in request.messages where !isInstruction(message) {
            guard message.role == .user, !isAsked else { return false }
            isAsked = true
        }
        return isAsked
    }

    /// Takes the next older record.
    ///
    /// A question that got no answer is left out: it was asked again, or given up. So is one whose
    /// answer failed halfway where it was asked again: the model would hear it twice. After many of
    /// those nothing older is looked for: they take nothing from the budget, and each later request
    /// would read all of them again.
    ///
    /// - Returns: whether an older one may fit as well.
    mutating func add(_ line: [UInt8]) -> Bool {
        guard let turn = ConversationTurn(line) else { return passes(line) }
        if !hasInstructions, instructions.isEmpty {
            instructions = turn.instructions.compactMap { ChatRequest.Message(recorded: $0) }
            left -= Self.tokens(instructions)
        }
        let asked = turn.asked.filter { ConversationTurn.role($0) == .user }
            .compactMap { ChatRequest.Message(recorded: $0) }
        let isAskedAgain = isAskedLater(asked) && turn.hasFailed
        guard !asked.isEmpty, !turn.answer.isEmpty, !isAskedAgain else {
            return left > 0 && passes(line)
        }
        let messages = asked + [ChatRequest.Message(role: .assistant, text: turn.answer)]
        let tokens = Self.tokens(messages)
        guard tokens <= left else { return false }
        left -= tokens
        turns.append((turn.startedAt, messages))
        return true
    }

    /// Tells whether a question was asked later as well, and notes it for those before it.
    private mutating func isAskedLater(_ asked: [ChatRequest.Message]) -> Bool {
        let texts = asked.map(\.text)
        if laterQuestions[texts]?.contains(asked) == true { return true }
        laterQuestions[texts, default: []].append(asked)
        return false
    }

    /// - Returns: whether the search may go on after a record that adds nothing.
    private mutating func passes(_ line: [UInt8]) -> Bool {
        passable -= line.count
        return passable > 0
    }

    /// The request with its past: instructions, then what was said, then what is asked.
    ///
    /// In the order in which the turns began, whichever ended first.
    func requestWithPast() -> ChatRequest {
        var turns = Array(turns.reversed())
        // Two turns of the same moment stay as they are: the sort is stable.
        turns.sort { $0.startedAt < $1.startedAt }
        var whole = request
        let own = request.messages.prefix { Self.isInstruction($0) }
        whole.messages =
            instructions + own + turns.flatMap(\.messages) + request.messages[own.endIndex...]
        return whole
    }

    private static func isInstruction(_ message: ChatRequest.Message) -> Bool {
        message.role == .system || message.role == .developer
    }

    private static func tokens(_ messages: [ChatRequest.Message]) -> Int {
        var tokens = 0
        for message in messages {
            var bytes = message.text.utf8.count
            if let original = message.original {
                var text: [UInt8] = []
                original.write(into: &text)
                bytes = text.count
            }
            tokens += bytes / 4 + 4
        }
        return tokens
    }
}
