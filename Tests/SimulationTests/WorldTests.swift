import Testing

@testable import simulate

/// A world as a whole.
@Suite(.timeLimit(.minutes(2)))
struct WorldTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a world keeps all promises`(seed: UInt64) {
        let world = World(Plan(seed: seed), keepsStory: true)
        #expect(world.run() == .kept)
        #expect(!world.promises.ids.isEmpty)
        #expect(world.payments.calls > 0)
    }

    @Test func `who is absent does nothing, and what is left out does not happen`() {
        var plan = Plan(seed: 3)
        plan.absent = Set(0..<plan.clients)
        plan.without = Set(Plan.Trouble.allCases)
        let world = World(plan, keepsStory: true)
        #expect(world.run() == .kept)
        #expect(world.promises.ids.isEmpty && world.payments.calls == 0)
        #expect(!world.story.lines.contains { $0.hasPrefix("client") })
    }

    @Test func `a broken promise ends a world with its step`() {
        let world = World(Plan(seed: 5), keepsStory: false)
        world.promises.fail("on purpose")
        #expect(world.run() == .broken("on purpose", step: 0))
    }

    @Test func `the line of a world runs that world`() throws {
        var plan = Plan(seed: 7)
        plan.absent = [2, 11]
        plan.without = [.kills, .disk]
        let words = plan.arguments.split(separator: " ").map(String.init)
        let read = try #require(Arguments(words).plans.first)
        #expect(read.seed == 7 && read.absent == [2, 11] && read.without == [.kills, .disk])
    }

    @Test(arguments: [["x"], ["--runs"], ["--runs", "many"], ["7", "--without", "rain"]])
    func `a wrong command line is refused`(words: [String]) {
        #expect(throws: ArgumentError.self) { try Arguments(words) }
    }
}
