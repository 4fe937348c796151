import Glibc

/// The positions of values along an axis of a chart.
struct ChartScale {
    /// The values that get a line and a number, in ascending order.
    let ticks: [Double]
    /// How many decimals are needed to tell the ticks apart.
    let digits: Int

    private let range: ClosedRange<Double>
    private let extent: ClosedRange<Double>
    private let isLogarithmic: Bool
    private let isReversed: Bool

    /// From zero to the first round number at or above the largest value.
    ///
    /// - Parameters:
    ///   - values: the values that must fit; NaN is ignored.
    ///   - start: where zero is drawn.
    ///   - end: where the end is drawn; smaller than `start` for an axis that grows upwards.
    /// - Returns: the scale.
    static func linear(_ values: [Double], from start: Double, to end: Double) -> ChartScale {
        let largest = values.filter(\.isFinite).max() ?? 0
        let (step, digits) = step(for: largest > 0 ? largest : 1)
        let count = max(1, (largest / step - 1e-9).rounded(.up))
        let ticks = (0...Int(count)).map { Double($0) * step }
        return ChartScale(ticks, digits, 0...(count * step), start, end, isLogarithmic: false)
    }

    /// A scale over whole powers of ten, each of which takes the same room.
    ///
    /// - Parameters:
    ///   - values: the values that must fit; only those above zero can.
    ///   - start: where the smallest power is drawn.
    ///   - end: where the largest power is drawn.
    /// - Returns: the scale.
    static func logarithmic(_ values: [Double], from start: Double, to end: Double) -> ChartScale {
        let possible = values.filter { $0.isFinite && $0 > 0 }
        let first = log10(possible.min() ?? 1).rounded(.down)
        let last = max(first + 1, (log10(possible.max() ?? 10) - 1e-9).rounded(.up))
        let ticks = (Int(first)...Int(last)).map { pow(10, Double($0)) }
        let digits = max(0, -Int(first))
        return ChartScale(ticks, digits, first...last, start, end, isLogarithmic: true)
    }

    private init(
        _ ticks: [Double],
        _ digits: Int,
        _ range: ClosedRange<Double>,
        _ start: Double,
        _ end: Double,
        isLogarithmic: Bool
    ) {
        self.ticks = ticks
        self.digits = digits
        self.range = range
        self.isLogarithmic = isLogarithmic
        isReversed = end < start
        extent = min(start, end)...max(start, end)
    }

    /// Where a value is drawn; nil if it has no place on the scale.
    func position(of value: Double) -> Double? {
        let inner = isLogarithmic ? log10(value) : value
        guard inner.isFinite else { return nil }
        let share = (inner - range.lowerBound) / (range.upperBound - range.lowerBound)
        let length = extent.upperBound - extent.lowerBound
        return isReversed ? extent.upperBound - share * length : extent.lowerBound + share * length
    }

    /// The smallest step, of 1, 2, 5 and these times powers of ten, of which five reach the value.
    private static func step(for largest: Double) -> (step: Double, digits: Int) {
        var power = Int(log10(largest / 5).rounded(.down))
        while true {
            for factor in [1.0, 2, 5] {
                let step = factor * pow(10, Double(power))
                if largest <= step * 5 * (1 + 1e-9) { return (step, max(0, -power)) }
            }
            power += 1
        }
    }
}
