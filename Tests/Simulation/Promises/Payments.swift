import Loop

/// How often models were asked each question, against how often they may be.
final class Payments {
    /// A question and what it has cost.
    private struct Question {
        /// How many requests asked it.
        var requests = 0
        /// How many calls were made for it.
        var calls = 0
        /// How many of them run.
        var running = 0
        /// How many calls of an answer that does not count any more are still open.
        var lingering = 0
        /// When one was last under way; its key lasts for a while after that.
        var busyAt: Nanoseconds = 0
        /// Whether something of its answer was shown, under a key that still counts or to the only
        /// request there is.
        var isAnswered = false
        /// Whether a call ended in a way after which nobody may be asked again, unless a client asks
        /// again.
        var isSettled = false
    }

    private let promises: Promises
    /// How many calls one request may make.
    private let mostCalls: Int
    /// How long a key lasts after its answer's end.
    private let keysLast: Nanoseconds
    private let clock: ManualClock
    private var questions: [Int: Question] = [:]
    /// Whether the wall clock was set, by which keys expire.
    private var isLenient = false
    /// How many calls were made in all.
    private(set) var calls = 0

    /// Begins with nothing paid.
    ///
    /// - Parameters:
    ///   - promises: learns what is paid twice.
    ///   - mostCalls: how many calls one request may make.
    ///   - keysLast: how long a key lasts after its answer's end.
    ///   - clock: the world's.
    init(
        _ promises: Promises,
        mostCalls: Int,
        keysLast: Nanoseconds = .max,
        _ clock: ManualClock
    ) {
        self.promises = promises
        self.mostCalls = mostCalls
        self.keysLast = keysLast
        self.clock = clock
    }

    /// A client asks a question, maybe again.
    func asked(_ number: Int) {
        questions[number, default: Question()].requests += 1
        questions[number]?.isSettled = false
    }

    /// A model is asked.
    ///
    /// - Returns: how many requests have asked it so far, for the end of the call.
    @discardableResult
    func called(_ number: Int) -> Int {
        calls += 1
        guard var question = questions[number] else {
            promises.fail("a model is asked question \(number), which no client asked")
            return 0
        }
        if question.running > 0 {
            promises.fail("question \(number) is asked while a model answers it")
        }
        let mayBeOver = clock.now - question.busyAt >= keysLast
        if question.isAnswered, !isLenient, !mayBeOver {
            promises.fail("question \(number) is paid again after a part of its answer was shown")
        }
        if question.isSettled {
            promises.fail("question \(number) is asked again, and its call allowed no other")
        }
        question.calls += 1
        question.running += 1
        if question.calls > question.requests * mostCalls {
            promises.fail("question \(number) was asked \(question.calls) times")
        }
        questions[number] = question
        return question.requests
    }

    /// A model's call is over.
    ///
    /// - Parameters:
    ///   - number: the question's.
    ///   - requests: what `called` returned. An answer may be over long before its connection is, and
    ///     who asks in between asks again.
    ///   - allowsAnother: whether another call may follow.
    func callEnded(_ number: Int, of requests: Int, allowsAnother: Bool) {
        questions[number]?.busyAt = clock.now
        if let lingering = questions[number]?.lingering, lingering > 0 {
            questions[number]?.lingering -= 1
        } else {
            questions[number]?.running -= 1
        }
        guard !allowsAnother, questions[number]?.requests == requests else { return }
        questions[number]?.isSettled = true
    }

    /// All calls are over, since the process that made them is.
    func processEnded() {
        for number in questions.keys.sorted() {
            if questions[number]?.running ?? 0 > 0 { questions[number]?.busyAt = clock.now }
            questions[number]?.running = 0
            questions[number]?.lingering = 0
        }
    }

    /// Something of the answer to a question was shown.
    func answered(_ number: Int) { questions[number]?.isAnswered = true }

    /// The wall clock was set: keys may expire early.
    func keysMayExpire() { isLenient = true }

    /// The question may be paid for again: its answer was lost, or its key is over.
    func freed(_ number: Int) { questions[number]?.isAnswered = false }

    /// The same, since its answer was deleted: a call for it may be open for a while, and who asks
    /// meanwhile asks for another answer.
    func deleted(_ number: Int) {
        guard var question = questions[number] else { return }
        question.isAnswered = false
        question.lingering += question.running
        question.running = 0
        questions[number] = question
    }
}
