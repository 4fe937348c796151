/// How figures change as something grows by powers of ten.
struct LineChart {
    struct Line {
        let name: String
        let points: [(x: Double, y: Double)]
    }

    private static let width = 720.0
    private static let height = 320.0
    private static let left = 64.0
    /// The right end of the lines; half of the last tick's number is beyond it.
    private static let right = 676.0
    private static let bottom = 270.0
    /// Colours with dashes, so that lines can be told apart without their colours.
    private static let styles: [(color: SVG.Color, dashes: String)] = [
        (.accent, ""), (.other, "6 3"), (.third, "2 3"), (.fourth, "9 3 2 3"),
    ]

    let title: String
    /// The name of what grows, with its unit.
    let xName: String
    /// The name of the figure, with its unit.
    let yName: String
    /// How many decimals each figure in the description has.
    let digits: Int
    /// The lines; beyond the number of styles they look like the first ones again.
    let lines: [Line]

    /// The chart as a file.
    var svg: String {
        var drawing = SVG(
            width: Self.width,
            height: Self.height,
            title: title,
            description: description
        )
        drawing.text(title, x: 8, y: 22, size: 16, isBold: true)
        let top = drawLegend(into: &drawing)
        let x = ChartScale.logarithmic(
            lines.flatMap { $0.points.map(\.x) },
            from: Self.left,
            to: Self.right
        )
        let y = ChartScale.linear(
            lines.flatMap { $0.points.map(\.y) },
            from: Self.bottom,
            to: top
        )
        drawAxes(x, y, top: top, into: &drawing)
        for (index, line) in lines.enumerated() {
            let style = Self.styles[index % Self.styles.count]
            let points = line.points.compactMap { point -> (x: Double, y: Double)? in
                guard let x = x.position(of: point.x), let y = y.position(of: point.y) else {
                    return nil
                }
                return (x, y)
            }
            drawing.curve(points, color: style.color, dashes: style.dashes)
        }
        return drawing.document
    }

    /// All figures as text.
    private var description: String {
        let texts = lines.map { line in
            let points = line.points.map {
                "\(Format.grouped($0.y, digits)) at \(Format.grouped($0.x))"
            }
            return "\(line.name): \(points.joined(separator: ", "))"
        }
        return "\(yName) by \(xName). \(texts.joined(separator: "; "))."
    }

    /// Draws the lines' names, if there are several.
    ///
    /// - Returns: where the drawing below may begin.
    private func drawLegend(into drawing: inout SVG) -> Double {
        drawing.text(yName, x: 8, y: 44)
        guard lines.count > 1 else { return 60 }
        var x = Self.left
        for (index, line) in lines.enumerated() {
            let style = Self.styles[index % Self.styles.count]
            drawing.curve([(x, 60), (x + 24, 60)], color: style.color, dashes: style.dashes)
            drawing.text(line.name, x: x + 32, y: 64.5)
            // Somewhat more than letters of this size take on average.
            x += 56 + Double(line.name.count) * 7.5
        }
        return 82
    }

    private func drawAxes(
        _ x: ChartScale,
        _ y: ChartScale,
        top: Double,
        into drawing: inout SVG
    ) {
        for tick in y.ticks {
            guard let position = y.position(of: tick) else { continue }
            drawing.rule(
                from: (Self.left, position),
                to: (Self.right, position),
                isFaint: tick != 0
            )
            drawing.text(
                Format.grouped(tick, y.digits),
                x: Self.left - 8,
                y: position + 4.5,
                anchor: .end
            )
        }
        for tick in x.ticks {
            guard let position = x.position(of: tick) else { continue }
            drawing.rule(from: (position, top), to: (position, Self.bottom))
            drawing.text(
                Format.grouped(tick, x.digits),
                x: position,
                y: Self.bottom + 20,
                anchor: .middle
            )
        }
        let middle = (Self.left + Self.right) / 2
        drawing.text(xName, x: middle, y: Self.bottom + 42, anchor: .middle)
    }
}
