import Loop

/// What clients know of each other's questions and answers, as those of one household do.
final class SharedKnowledge {
    private let promises: Promises
    private let payments: Payments
    private var questions = 0
    /// The conversation of each question that has one.
    private var conversations: [Int: String] = [:]
    /// How many deletions of each conversation are on their way.
    private var deletions: [String: Int] = [:]

    /// Begins with nothing known.
    init(_ promises: Promises, _ payments: Payments) {
        self.promises = promises
        self.payments = payments
    }

    /// A new question's number.
    func nextQuestion() -> Int {
        questions += 1
        return questions
    }

    /// A question is asked, maybe again.
    func asked(_ question: Int, in conversation: String?, of owner: String?) {
        payments.asked(question)
        let conversation = conversation.map { Self.name($0, owner) }
        conversations[question] = conversation
        // One that is on its way may reach what is asked meanwhile.
        guard let conversation, deletions[conversation, default: 0] > 0 else { return }
        mayBeDeleted(question)
    }

    /// Conversations of two owners are two, whatever their names.
    private static func name(_ conversation: String, _ owner: String?) -> String {
        owner.map { "\($0)'s \(conversation)" } ?? conversation
    }

    private func mayBeDeleted(_ question: Int) {
        payments.deleted(question)
        promises.mayBeDeleted(question: question)
    }

    /// The name of a conversation.
    func conversation(_ chance: Chance) -> String { "talk \(chance.below(5))" }

    /// The id of an answer that somebody was shown.
    func knownID(_ chance: Chance) -> String? {
        promises.ids.isEmpty ? nil : chance.pick(promises.ids)
    }

    /// An event that somebody was shown.
    func knownPlace(_ chance: Chance) -> EntryPlace? {
        guard let id = knownID(chance), let answer = promises.answers[id], answer.count > 0 else {
            return nil
        }
        let number = chance.below(answer.count)
        guard answer.text(number) != nil else { return nil }
        return EntryPlace(generation: id, number: number)
    }

    // MARK: Deletions

    /// Somebody asks for a conversation's deletion.
    func deletionBegins(of conversation: String, by owner: String?) -> Deletion {
        let conversation = Self.name(conversation, owner)
        var answers: [String] = []
        for id in promises.ids {
            guard let question = promises.answers[id]?.question,
                conversations[question] == conversation
            else { continue }
            answers.append(id)
        }
        for (question, name) in conversations where name == conversation { mayBeDeleted(question) }
        deletions[conversation, default: 0] += 1
        return Deletion(conversation: conversation, answers: answers)
    }

    /// A deletion is over: it was confirmed, refused, or cut short by the end of the process.
    func deletionEnded(_ deletion: Deletion, isConfirmed: Bool) {
        deletions[deletion.conversation, default: 0] -= 1
        guard isConfirmed else { return }
        for id in deletion.answers { promises.deleted(id) }
    }

    /// A record was refused, since too much waits for the disk.
    func recordRefused() {
        promises.recordRefused()
        freeLostQuestions()
    }

    /// An answer has no record before the next start, as the log says.
    func recordWaits(_ id: String) {
        promises.recordWaits(id)
        freeLostQuestions()
    }

    /// Questions of whose answers nothing is certain may be paid for again.
    func freeLostQuestions() {
        for id in promises.ids {
            guard let answer = promises.answers[id], !answer.hasSureText,
                let question = answer.question
            else { continue }
            payments.freed(question)
        }
    }
}
