import Loop
import TestSupport
import Testing

/// The queue, and a list of numbers that does the same in the slow way.
private final class Model {
    let queue = DeadlineQueue()
    private(set) var deadlines: [Deadline] = []
    private(set) var fired: [Int] = []
    /// When each is due, according to the list.
    var due: [Nanoseconds?]

    init(count: Int) {
        due = Array(repeating: nil, count: count)
        for index in 0..<count {
            deadlines.append(queue.makeDeadline { [unowned self] in fired.append(index) })
        }
    }

    func set(_ index: Int, at instant: Nanoseconds) {
        deadlines[index].set(at: instant)
        due[index] = instant
    }

    func clear(_ index: Int) {
        deadlines[index].clear()
        due[index] = nil
    }

    /// Expires both and compares; deadlines of one instant may come in any order.
    func expire(now: Nanoseconds, _ comment: Comment) {
        fired = []
        queue.expire(now: now)
        let expected = due.indices.filter { (due[$0] ?? .max) <= now }
        #expect(fired.sorted() == expected, comment)
        let instants = fired.map { due[$0] ?? .max }
        #expect(instants == instants.sorted(), comment)
        for index in expected { due[index] = nil }
    }

    func check(_ comment: Comment) {
        let first = due.compactMap(\.self).min()
        // Lazy moves may make the queue look up too early, but never too late.
        if let first { #expect((queue.earliest ?? .max) <= first, comment) }
        #expect(deadlines.map(\.isSet) == due.map { $0 != nil }, comment)
        #expect(queue.count <= 2 * due.count + 130, comment)
    }
}

@Suite(.timeLimit(.minutes(2)))
struct DeadlineQueueTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `whatever is set, moved and cleared, the queue does what a plain list would`(
        seed: UInt64
    ) {
        var random = SeededGenerator(seed: seed)
        let model = Model(count: [1, 2, 7, 40, 300].randomElement(using: &random) ?? 1)
        var now: Nanoseconds = 1000
        for step in 0..<5000 {
            let index = Int.random(in: 0..<model.due.count, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let reach: UInt64 = [3, 50, 2000].randomElement(using: &random) ?? 3
                model.set(index, at: now - 2 + UInt64.random(in: 0..<reach, using: &random))
            case 6..<9: model.clear(index)
            default:
                now += UInt64.random(in: 0..<30, using: &random)
                model.expire(now: now, "seed \(seed), step \(step)")
            }
            if step % 16 == 0 { model.check("seed \(seed), step \(step)") }
        }
        model.expire(now: now + 10_000, "seed \(seed), the end")
        model.check("seed \(seed), the end")
        #expect(model.queue.earliest == nil)
    }

    @Test func `a deadline moved later within one batch fires after those in between`() {
        let model = Model(count: 2)
        model.set(0, at: 10)
        model.set(1, at: 20)
        model.set(0, at: 30)
        model.expire(now: 40, "moved")
        #expect(model.fired == [1, 0])
    }

    @Test func `cleared deadlines do not pile up until their instant comes`() {
        let queue = DeadlineQueue()
        for _ in 0..<10_000 {
            let deadline = queue.makeDeadline {}
            deadline.set(at: 1_000_000)
            deadline.clear()
        }
        #expect(queue.count <= 130)
    }

    @Test func `a deadline that is pulled forward again and again does not pile up`() {
        let queue = DeadlineQueue()
        let deadline = queue.makeDeadline {}
        for now in 0..<10_000 as Range<Nanoseconds> {
            deadline.set(at: now + 1_000_000)
            deadline.set(at: now)
            queue.expire(now: now)
        }
        #expect(queue.count <= 130)
    }

    @Test func `an action that is due again at once waits for the next call`() {
        let queue = DeadlineQueue()
        var count = 0
        var again: Deadline?
        let deadline = queue.makeDeadline {
            count += 1
            again?.set(at: 5)
        }
        again = deadline
        deadline.set(at: 5)
        queue.expire(now: 10)
        #expect(count == 1)
        queue.expire(now: 10)
        #expect(count == 2)
        again = nil
    }

    @Test func `an abandoned deadline does nothing, however late it is due`() {
        let queue = DeadlineQueue()
        var fired: [String] = []
        let kept = queue.makeDeadline()
        let abandoned = queue.makeDeadline()
        kept.whenDue { fired.append("kept") }
        abandoned.whenDue { fired.append("abandoned") }
        abandoned.set(at: 1)
        kept.set(at: 2)
        abandoned.abandon()
        queue.expire(now: 10)
        #expect(fired == ["kept"])
        #expect(queue.count == 0)
    }

    @Test func `an action can clear and move others that are due in the same batch`() {
        let queue = DeadlineQueue()
        var fired: [String] = []
        let cleared = queue.makeDeadline { fired.append("cleared") }
        let moved = queue.makeDeadline { fired.append("moved") }
        let last = queue.makeDeadline { fired.append("last") }
        let first = queue.makeDeadline {
            fired.append("first")
            cleared.clear()
            moved.set(at: 50)
        }
        first.set(at: 1)
        cleared.set(at: 2)
        moved.set(at: 3)
        last.set(at: 4)
        queue.expire(now: 10)
        #expect(fired == ["first", "last"])
        #expect(moved.isSet && !cleared.isSet)
        queue.expire(now: 100)
        #expect(fired == ["first", "last", "moved"])
    }
}
