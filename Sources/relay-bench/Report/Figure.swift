/// One measured value, and what it has to stay below.
struct Figure {
    /// Its name in the JSON, with the unit last.
    let key: String
    /// Its name for people.
    let name: String
    let value: Double
    let unit: String
    /// Digits behind the point.
    let digits: Int
    /// nil where nothing was promised.
    var bound: Double?

    /// Whether the promise is kept; nil where there is none.
    var isMet: Bool? { bound.map { value < $0 } }
}

/// Numbers and columns as text.
enum Format {
    /// A number with so many digits behind the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "-" }
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((value * Double(scale)).rounded())
        let sign = scaled < 0 ? "-" : ""
        let (whole, rest) = scaled.magnitude.quotientAndRemainder(dividingBy: UInt(scale))
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(rest)
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count)
            + fraction
    }

    /// The shortest text of a bound, such as `100` and `0.3`.
    static func short(_ value: Double) -> String {
        value == value.rounded() ? fixed(value, 0) : "\(value)"
    }

    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
