/// Figures of several contestants as bars, in groups that share one scale.
struct BarChart {
    struct Bar {
        let name: String
        /// NaN if there is no figure; the chart says so.
        let value: Double
    }

    struct Group {
        /// The heading over the group's bars; empty for none.
        let name: String
        let bars: [Bar]
    }

    private static let width = 720.0
    private static let nameEnd = 130.0
    private static let barStart = 140.0
    private static let barEnd = 620.0
    private static let barHeight = 16.0
    private static let barStep = 22.0
    private static let groupStep = 26.0
    private static let top = 44.0

    let title: String
    let unit: String
    /// How many decimals each figure has.
    let digits: Int
    /// The contestant whose bars stand out.
    let highlighted: String
    /// The value with which all are compared, such as 1 for ratios; it gets a line.
    var mark: Double?
    let groups: [Group]

    /// The chart as a file.
    var svg: String {
        let chartHeight = groups.reduce(0) { $0 + Self.height(of: $1) }
        var drawing = SVG(
            width: Self.width,
            height: Self.top + chartHeight + 8,
            title: title,
            description: description
        )
        drawing.text(title, x: 8, y: 22, size: 16, isBold: true)
        let values = groups.flatMap { $0.bars.map(\.value) } + [mark].compactMap { $0 }
        let scale = ChartScale.linear(values, from: Self.barStart, to: Self.barEnd)
        var y = Self.top
        for group in groups {
            draw(group, at: y, scale, into: &drawing)
            y += Self.height(of: group)
        }
        if let mark, let x = scale.position(of: mark) {
            drawing.rule(from: (x, Self.top - 8), to: (x, y - 4), isFaint: false)
        }
        return drawing.document
    }

    /// All figures as text.
    private var description: String {
        let texts = groups.map { group in
            let bars = group.bars.map { "\($0.name) \(label($0.value))" }
            return (group.name.isEmpty ? "" : "\(group.name): ") + bars.joined(separator: ", ")
        }
        return texts.joined(separator: "; ") + "."
    }

    private func draw(_ group: Group, at top: Double, _ scale: ChartScale, into drawing: inout SVG)
    {
        var y = top
        if !group.name.isEmpty {
            drawing.text(group.name, x: 8, y: y + 12, isBold: true)
            y += Self.groupStep
        }
        for bar in group.bars {
            let isOurs = bar.name == highlighted
            let color: SVG.Color = isOurs ? .accent : .other
            let baseline = y + Self.barHeight - 3.5
            drawing.text(bar.name, x: Self.nameEnd, y: baseline, anchor: .end, isBold: isOurs)
            let end = scale.position(of: bar.value) ?? Self.barStart
            // A value that is much smaller than the rest is still visible.
            let width = bar.value > 0 ? max(1, end - Self.barStart) : 0
            if width > 0 {
                drawing.bar(
                    x: Self.barStart,
                    y: y,
                    width: width,
                    height: Self.barHeight,
                    color: color
                )
            }
            // After its bar, but never across the mark.
            drawing.text(
                label(bar.value),
                x: mark == nil ? Self.barStart + width + 6 : Self.width - 8,
                y: baseline,
                anchor: mark == nil ? .start : .end,
                isBold: isOurs
            )
            y += Self.barStep
        }
    }

    private func label(_ value: Double) -> String {
        guard value.isFinite else { return "no figure" }
        return Format.grouped(value, digits) + (unit.isEmpty ? "" : " \(unit)")
    }

    private static func height(of group: Group) -> Double {
        (group.name.isEmpty ? 0 : groupStep) + Double(group.bars.count) * barStep + 10
    }
}
