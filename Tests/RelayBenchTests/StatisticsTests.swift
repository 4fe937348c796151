import Testing

@testable import relay_bench

/// The arithmetic of every figure.
@Suite struct StatisticsTests {
    @Test(
        arguments: [
            ([3], 3), ([1, 3], 2), ([9, 1, 3], 3), ([4, 1, 3, 2], 2.5), ([2, 2, 2, 100], 2),
            ([1, .infinity, .infinity, .infinity], .infinity),
        ] as [([Double], Double)]
    )
    func `the median is the value in the middle, or between the two there`(
        values: [Double],
        median: Double
    ) {
        #expect(Median.of(values) == median)
    }

    @Test func `nothing has no median`() {
        #expect(Median.of([]).isNaN)
        #expect(Summary([]).median.isNaN)
    }

    @Test func `noise is half the distance between all rounds, in percent of the median`() {
        #expect(Summary([10, 20, 40, 60, 70]).noisePercent == 75)
        #expect(Summary([5]).noisePercent == 0)
        #expect(Summary([5, 5, 5]).noisePercent == 0)
        // A round that was disturbed shows in the noise, and moves no median.
        #expect(Summary([5, 5, 5, 5, 500]).noisePercent == 4950)
        #expect(Summary([5, 5, 5, 5, 500]).median == 5)
    }

    @Test func `rounds without a number are left out`() {
        let summary = Summary([1, .nan, 3, .infinity])
        #expect(summary.values == [1, 3])
        #expect(summary.median == 2)
    }

    @Test func `a ratio is taken within each round`() {
        // The machine was half as fast in the second round: no ratio shows that.
        let ratio = Summary.ratio([0: 10, 1: 20, 2: 11], to: [0: 20, 1: 40, 2: 22])
        #expect(ratio.values == [0.5, 0.5, 0.5])
        #expect(ratio.noisePercent == 0)
    }

    @Test func `a round without both gives no ratio, nor does one without a divisor`() {
        let ratio = Summary.ratio([0: 1, 1: 2, 2: 3, 3: 4], to: [1: 4, 2: 0, 3: -1, 9: 9])
        #expect(ratio.values == [0.5])
    }

    @Test func `a percentile is a span that was measured`() {
        let spans = (1...1000).map { UInt64($0) * 1000 }
        #expect(Percentile.of(0.5, in: spans) == 500)
        #expect(Percentile.of(0.99, in: spans) == 990)
        #expect(Percentile.of(0.999, in: spans) == 999)
        #expect(Percentile.of(0.5, in: [7000]) == 7)
        #expect(Percentile.of(0.5, in: []).isNaN)
    }

    @Test(arguments: [(1.15, "1.15"), (1.0, "1.0"), (0.6, "0.6"), (12, "12.0")])
    func `a ratio has no more digits than it needs`(value: Double, text: String) {
        #expect(Format.shortest(value) == text)
    }

    @Test func `the cost of an answer of one token is subtracted from a longer one`() {
        #expect(Growth.costPerToken(of: 120, tokens: 11, oneToken: 100) == 2)
        #expect(Growth.costPerToken(of: 120, tokens: 1, oneToken: 100).isNaN)
    }
}
