/// A number with zeros before it, so that files come in the order of their numbers, also in `ls`.
func paddedDecimal(_ number: Int, digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
