/// What a loop has asked for elsewhere and waits for; those that wait never leave the loop.
package struct Awaiting {
    private var waiting: [Int: (any Sendable) -> Void] = [:]
    private var last = 0

    /// Notes what takes an answer of this type.
    ///
    /// - Returns: the number that the answer comes with.
    fileprivate mutating func add<Answer: Sendable>(_ use: @escaping (Answer) -> Void) -> Int {
        last += 1
        waiting[last] = { answer in
            // Only the ticket with this number brings one, and it has the same type.
            guard let answer = answer as? Boxed<Answer> else { return assertionFailure() }
            use(answer.value)
        }
        return last
    }

    /// Waits for nothing any more; numbers go on, so that what comes late meets nobody else.
    package mutating func removeAll() { waiting = [:] }

    /// What takes this answer; nil where nobody waits any more.
    ///
    /// It is called outside: it may ask for something else.
    fileprivate mutating func take(_ number: Int) -> ((any Sendable) -> Void)? {
        waiting.removeValue(forKey: number)
    }
}

/// So that an answer that is an optional comes out as the one it was.
private struct Boxed<Value: Sendable>: Sendable {
    let value: Value
}

/// A right to answer a loop once, from any thread.
package struct Ticket<Answer: Sendable>: Sendable {
    private let loop: EventLoop?
    private let number: Int

    /// Makes one for a loop.
    ///
    /// - Parameters:
    ///   - reactor: the loop's.
    ///   - use: takes the answer on that loop; never where the loop waits for nothing any more.
    package init(on reactor: Reactor, _ use: @escaping (Answer) -> Void) {
        loop = reactor.loop
        number = reactor.awaiting.add(use)
    }

    /// Answers.
    package func answer(_ value: Answer) {
        loop?.post { [number] in $0.reactor.awaiting.take(number)?(Boxed(value: value)) }
    }
}
