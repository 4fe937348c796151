/// What a loop has asked other threads and waits for; those who wait never leave the loop.
struct Awaiting<Answer> {
    private var waiting: [Int: (Answer) -> Void] = [:]
    private var last = 0

    /// Notes who takes an answer.
    ///
    /// - Returns: the number that the answer comes with.
    mutating func add(_ use: @escaping (Answer) -> Void) -> Int {
        last += 1
        waiting[last] = use
        return last
    }

    /// Who takes this answer; nil where nobody waits any more.
    mutating func take(_ number: Int) -> ((Answer) -> Void)? {
        waiting.removeValue(forKey: number)
    }
}
