/// Numbers as text.
enum Format {
    /// A number with so many decimals; a dash if there is none.
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

    /// A number with two decimals, or with one if the second is zero.
    static func shortest(_ value: Double) -> String {
        let text = fixed(value, 2)
        return text.hasSuffix("0") ? fixed(value, 1) : text
    }

    /// The same as `fixed`, with commas between thousands, for people.
    static func grouped(_ value: Double, _ digits: Int = 0) -> String {
        let parts = fixed(value, digits).split(separator: ".", maxSplits: 1)
        var text = ""
        for (index, digit) in (parts.first ?? "").reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3), digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed()) + (parts.count > 1 ? "." + parts[1] : "")
    }

    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// A percentage without decimals.
    static func percent(_ value: Double) -> String {
        "± \(fixed(value, value < 9.95 ? 1 : 0)) %"
    }
}
