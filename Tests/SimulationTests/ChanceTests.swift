import Testing

@testable import simulate

@Suite struct ChanceTests {
    @Test func partsOfAWorldDrawApart() {
        let first = Chance(seed: 7, part: "disk")
        let second = Chance(seed: 7, part: "clients")
        #expect(first.next() != second.next())
    }

    @Test func theSamePartDrawsTheSame() {
        let first = Chance(seed: 7, part: "disk")
        let second = Chance(seed: 7, part: "disk")
        for _ in 0..<100 { #expect(first.next() == second.next()) }
    }
}
