import ChatFormats
import Wire

/// The past of a conversation that goes upstream with a new message, within a budget.
///
/// Tokens are estimated: four bytes each, and four for a message's frame.
struct PastMessages {
    private let request: ChatRequest
    /// What the budget has left.
    private var left: Int
    /// How many bytes the records that add nothing may still have.
    private var passable = maxPassedBytes
    private var turns: [(startedAt: String, messages: [ChatRequest.Message])] = []
    private var instructions: [ChatRequest.Message] = []
    private let hasInstructions: Bool
    /// What was asked after the record that is taken next, by its texts: a list would be searched
    /// for each record.
    private var laterQuestions: [[String]: [[ChatRequest.Message]]] = [:]

    /// Begins with a request whose own messages are kept in any case.
    init(_ request: ChatRequest, budget: Int) {
        self.request = request
        hasInstructions =
            request.system != nil || request.messages.contains { Self.isInstruction($0) }
        left = budget - Self.tokens(request.messages) - (request.system?.utf8.count ?? 0) / 4
        _ = noteQuestion(request.messages.filter { $0.role == .user })
    }

    /// How many bytes of records without an answer are read at most.
    static let maxPassedBytes = 4 << 20

    /// Whether a request wants the past.
    ///
    /// A request that carries an answer, or more than one message of the user, brings its own past,
    /// and adding ours would say everything twice.
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
    /// A question without an answer is left out: it was asked again, or given up. So is a question
    /// whose answer failed halfway, if it was asked again: the model would get it twice. After many
    /// of those the search ends: they take nothing from the budget, and each later request would
    /// read all of them again.
    ///
    /// - Returns: whether an older one may fit as well.
    mutating func add(_ line: [UInt8]) -> Bool {
        guard let turn = ConversationTurn(line) else { return passOver(line) }
        if !hasInstructions, instructions.isEmpty {
            instructions = turn.instructions.compactMap { ChatRequest.Message(recorded: $0) }
            left -= Self.tokens(instructions)
        }
        let asked = turn.asked.filter { ConversationTurn.role($0) == .user }
            .compactMap { ChatRequest.Message(recorded: $0) }
        let isAskedAgain = noteQuestion(asked) && turn.hasFailed
        guard !asked.isEmpty, !turn.answer.isEmpty, !isAskedAgain else {
            return left > 0 && passOver(line)
        }
        let messages = asked + [ChatRequest.Message(role: .assistant, text: turn.answer)]
        let tokens = Self.tokens(messages)
        guard tokens <= left else { return false }
        left -= tokens
        turns.append((turn.startedAt, messages))
        return true
    }

    /// Notes a question, and returns whether it was noted before, that is, asked later as well.
    private mutating func noteQuestion(_ asked: [ChatRequest.Message]) -> Bool {
        let texts = asked.map(\.text)
        if laterQuestions[texts]?.contains(asked) == true { return true }
        laterQuestions[texts, default: []].append(asked)
        return false
    }

    /// Passes over a record that adds nothing.
    ///
    /// - Returns: whether the search may go on after it.
    private mutating func passOver(_ line: [UInt8]) -> Bool {
        passable -= line.count
        return passable > 0
    }

    /// The request with its past: instructions, then what was said, then what is asked.
    ///
    /// Turns are in the order in which they began, whichever ended first.
    func requestWithPast() -> ChatRequest {
        var turns = Array(turns.reversed())
        // Two turns of the same moment keep their order: the sort is stable.
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
