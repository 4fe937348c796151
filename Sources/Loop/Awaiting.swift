/// The answers that a loop waits for from other threads; the closures that take them never leave
/// the loop.
package struct Awaiting {
    private var waiting: [Int: (any Sendable) -> Void] = [:]
    private var last = 0

    /// Adds a closure that takes an answer of this type.
    ///
    /// - Returns: the number with which the answer comes.
    fileprivate mutating func add<Answer: Sendable>(_ use: @escaping (Answer) -> Void) -> Int {
        last += 1
        waiting[last] = { answer in
            // Only the ticket with this number brings an answer, and it has the same type.
            guard let answer = answer as? Boxed<Answer> else { return assertionFailure() }
            use(answer.value)
        }
        return last
    }

    /// Stops waiting for all answers; numbers are not reused, so a late answer meets no other wait.
    package mutating func removeAll() { waiting = [:] }

    /// Removes the closure that takes this answer; nil if the loop no longer waits for it.
    ///
    /// The caller calls it after this access has ended, since it may ask for something else.
    fileprivate mutating func take(_ number: Int) -> ((any Sendable) -> Void)? {
        waiting.removeValue(forKey: number)
    }
}

/// A wrapper that keeps an optional answer intact: a cast from `any` would unwrap it.
private struct Boxed<Value: Sendable>: Sendable {
    let value: Value
}

/// The right to answer a loop once, from any thread.
package struct Ticket<Answer: Sendable>: Sendable {
    private let loop: EventLoop?
    private let number: Int

    /// Makes a ticket for a loop.
    ///
    /// - Parameters:
    ///   - reactor: the loop's.
    ///   - use: takes the answer on that loop; never called once the loop has stopped waiting.
    package init(on reactor: Reactor, _ use: @escaping (Answer) -> Void) {
        loop = reactor.loop
        number = reactor.awaiting.add(use)
    }

    /// Sends the answer to the loop.
    package func answer(_ value: Answer) {
        loop?.post { [number] in $0.reactor.awaiting.take(number)?(Boxed(value: value)) }
    }
}
