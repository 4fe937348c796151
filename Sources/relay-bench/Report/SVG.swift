/// A drawing that is built up in order; the same calls give the same text.
///
/// It has no background: every colour is visible on white and on the near black of a dark page, so
/// that one file serves both.
struct SVG {
    /// On which side of its point a text is.
    enum Anchor: String {
        case start, middle, end
    }

    enum Color: String, CaseIterable {
        case text = "#757b82"
        /// The colour of what the reader looks for first.
        case accent = "#d4552a"
        case other = "#3b82c4"
        case third = "#3a8a4a"
        case fourth = "#9068c8"
    }

    let width: Double
    let height: Double

    private var body = ""

    /// Begins a drawing.
    ///
    /// - Parameters:
    ///   - width: in units of the drawing, like all lengths.
    ///   - height: in the same units.
    ///   - title: its name, for people who cannot see it.
    ///   - description: what it shows, with all figures, for the same people.
    init(width: Double, height: Double, title: String, description: String) {
        self.width = width
        self.height = height
        body += "<title id=\"title\">\(Self.escaped(title))</title>\n"
        body += "<desc id=\"desc\">\(Self.escaped(description))</desc>\n"
    }

    /// The whole file.
    var document: String {
        let size = "\(Self.number(width)) \(Self.number(height))"
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\""
            + " width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" role=\"img\""
            + " aria-labelledby=\"title desc\" font-family=\"system-ui, sans-serif\""
            + " font-size=\"13\">\n\(body)</svg>\n"
    }

    mutating func text(
        _ text: String,
        x: Double,
        y: Double,
        anchor: Anchor = .start,
        size: Double = 13,
        isBold: Bool = false,
        color: Color = .text
    ) {
        body += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" fill=\"\(color.rawValue)\""
        if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
        if size != 13 { body += " font-size=\"\(Self.number(size))\"" }
        if isBold { body += " font-weight=\"600\"" }
        body += ">\(Self.escaped(text))</text>\n"
    }

    mutating func bar(x: Double, y: Double, width: Double, height: Double, color: Color) {
        body += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        body += " width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
        body += " rx=\"2\" fill=\"\(color.rawValue)\"/>\n"
    }

    /// Draws a thin line of the grid; `isFaint` for one that the eye should not follow.
    mutating func rule(
        from start: (x: Double, y: Double),
        to end: (x: Double, y: Double),
        isFaint: Bool = true
    ) {
        body += "<line x1=\"\(Self.number(start.x))\" y1=\"\(Self.number(start.y))\""
        body += " x2=\"\(Self.number(end.x))\" y2=\"\(Self.number(end.y))\""
        body += " stroke=\"\(Color.text.rawValue)\""
        body += isFaint ? " stroke-opacity=\"0.3\"/>\n" : "/>\n"
    }

    /// Draws a line through points, with a dot on each.
    mutating func curve(_ points: [(x: Double, y: Double)], color: Color, dashes: String) {
        let path = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }
        body += "<polyline points=\"\(path.joined(separator: " "))\" fill=\"none\""
        body += " stroke=\"\(color.rawValue)\" stroke-width=\"2\""
        body += dashes.isEmpty ? "/>\n" : " stroke-dasharray=\"\(dashes)\"/>\n"
        for point in points {
            body += "<circle cx=\"\(Self.number(point.x))\" cy=\"\(Self.number(point.y))\""
            body += " r=\"3.5\" fill=\"\(color.rawValue)\"/>\n"
        }
    }

    /// A length to a tenth of a unit, without trailing zeros.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
        return out
    }
}
