import Loop

/// What clients know of each other's questions and answers, as those of one household do.
final class SharedKnowledge {
    private let promises: Promises
    private let payments: Payments
    private var questions = 0
    /// The conversation of each question that has one.
    private var conversations: [Int: String] = [:]
    /// The questions that were asked under a key.
    private(set) var keyed: [Int: String] = [:]

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

    /// How many questions there were.
    var questionCount: Int { questions }

    /// A question is asked for the first time.
    func asked(_ question: Int, in conversation: String?, under key: String?) {
        payments.asked(question)
        conversations[question] = conversation
        keyed[question] = key
    }

    /// The conversation that a question belongs to.
    func conversation(of question: Int) -> String? { conversations[question] }

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
    func deletionBegins(of conversation: String) -> Deletion {
        var answers: [String] = []
        for id in promises.ids {
            guard let question = promises.answers[id]?.question,
                conversations[question] == conversation
            else { continue }
            answers.append(id)
        }
        for (question, name) in conversations where name == conversation {
            payments.freed(question)
            promises.mayBeDeleted(question: question)
        }
        return Deletion(conversation: conversation, answers: answers)
    }

    /// A deletion was confirmed.
    func deletionConfirmed(_ deletion: Deletion) {
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
