import ChatFormats
import Wire

/// The past of a conversation that goes upstream with a new message, within a budget.
///
/// Rounds of tool calls are whole in it: calls go with their results, or neither.
struct PastMessages {
    /// What was asked, and what was answered.
    private struct Turn {
        let startedAt: String
        /// What the user and the tools said.
        let asked: [ChatRequest.Message]
        let answer: PastAnswer
    }

    private let request: ChatRequest
    private let provider: Provider
    /// What the budget has left.
    private var left: Int
    /// How many bytes the records that add nothing may still have.
    private var passable = maxPassedBytes
    private var turns: [Turn] = []
    private var instructions: [ChatRequest.Message] = []
    private let hasInstructions: Bool
    /// What was asked after the record that is taken next, by its texts: a list would be searched
    /// for each record.
    private var laterQuestions: [[String]: [[ChatRequest.Message]]] = [:]

    /// Begins with a request whose own messages are kept in any case.
    init(_ request: ChatRequest, budget: Int, for provider: Provider = .openAI) {
        self.request = request
        self.provider = provider
        hasInstructions =
            request.system != nil || request.messages.contains { Self.isInstruction($0) }
        left = budget - request.messages.tokens - (request.system?.utf8.count ?? 0) / 4
        _ = noteQuestion(request.messages.filter(Self.isQuestion))
    }

    /// How many bytes of records without an answer are read at most.
    static let maxPassedBytes = 4 << 20

    /// Whether a request wants the past.
    ///
    /// A request that carries an answer, or more than one message of the user, brings its own past,
    /// and adding ours would say everything twice. Results of tools alone belong to calls that are
    /// in the past.
    static func isWanted(_ request: ChatRequest, budget: Int) -> Bool {
        guard budget > 0, request.conversation != nil else { return false }
        let said = request.messages.filter { !isInstruction($0) }
        return !said.isEmpty && said.allSatisfy(isQuestion)
            && said.count { $0.role == .user } <= 1
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
            left -= instructions.tokens
        }
        let asked = turn.asked.compactMap { ChatRequest.Message(recorded: $0) }
            .filter(Self.isQuestion)
        let answer = PastAnswer(turn, for: provider)
        let isAskedAgain = noteQuestion(asked) && turn.hasFailed
        guard !asked.isEmpty, let longest = answer.message(withCalls: true), !isAskedAgain else {
            return left > 0 && passOver(line)
        }
        let tokens = (asked + [longest]).tokens
        guard tokens <= left else { return false }
        left -= tokens
        turns.append(Turn(startedAt: turn.startedAt, asked: asked, answer: answer))
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
        let asked = request.messages[own.endIndex...]
        whole.messages = instructions + own + Self.said(turns, before: Array(asked)) + asked
        return whole
    }

    /// What was said in turns, without calls that have no results and results that have no calls:
    /// vendors refuse both.
    private static func said(
        _ turns: [Turn],
        before asked: [ChatRequest.Message]
    ) -> [ChatRequest.Message] {
        var said: [ChatRequest.Message] = []
        // The calls of the turn before, if their results follow.
        var open: Set<String> = []
        for (index, turn) in turns.enumerated() {
            let questions = turn.asked.filter { $0.role == .user }
            let results = turn.asked.filter { $0.toolCallID.map(open.contains) ?? false }
            let next = index + 1 < turns.count ? turns[index + 1].asked : asked
            let isWhole = turn.answer.isFollowed(by: next)
            open = []
            guard !(results + questions).isEmpty,
                let answer = turn.answer.message(withCalls: isWhole)
            else { continue }
            said += results + questions + [answer]
            if isWhole { open = turn.answer.callIDs }
        }
        return said
    }

    /// Whether a message asks for an answer: the user's words, or a tool's result.
    private static func isQuestion(_ message: ChatRequest.Message) -> Bool {
        message.role == .user || message.role == .tool
    }

    private static func isInstruction(_ message: ChatRequest.Message) -> Bool {
        message.role == .system || message.role == .developer
    }
}
