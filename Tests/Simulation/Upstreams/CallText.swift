import Wire

/// The words of an answer, of which each tells in which call it came: `c17w0 c17w1 …`.
enum CallText {
    /// A word that was found in an answer.
    struct Mark: Equatable {
        /// The call in which it came.
        let call: Int
        /// Its number in that call's text.
        let word: Int
    }

    /// What filters take out, where there are any.
    static let secret = "secret"

    /// Makes the words of a call; each has what separates it from the next one.
    ///
    /// - Parameters:
    ///   - call: the call's number.
    ///   - count: how many there are.
    ///   - chance: adds characters that are not easy on the way.
    /// - Returns: the words.
    static func words(of call: Int, count: Int, by chance: Chance) -> [String] {
        (0..<count).map { "c\(call)w\($0)\(ornament(by: chance))" }
    }

    /// Makes the words that are thought before a call's answer.
    static func thoughts(of call: Int, count: Int) -> [String] {
        (0..<count).map { "c\(call)r\($0) " }
    }

    private static func ornament(by chance: Chance) -> String {
        switch chance.below(32) {
        case 0: "é "
        case 1: "\n"
        case 2: " 👋 "
        case 3: ", \"so\" "
        case 4: "\n\n[DONE] "
        case 5: "\\n "
        case 6: " \(secret) "
        default: " "
        }
    }

    /// Finds the words of all calls in a text, in their order.
    static func marks(in text: String) -> [Mark] {
        var marks: [Mark] = []
        let bytes = text.utf8.span
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "c"), let call = number(bytes, from: index + 1),
                call.end < bytes.count, bytes[call.end] == UInt8(ascii: "w"),
                let word = number(bytes, from: call.end + 1)
            else {
                index += 1
                continue
            }
            marks.append(Mark(call: call.value, word: word.value))
            index = word.end
        }
        return marks
    }

    private static func number(_ bytes: Span<UInt8>, from start: Int) -> (value: Int, end: Int)? {
        var (value, end) = (0, start)
        while end < bytes.count, end - start < 9, (0x30...0x39).contains(bytes[end]) {
            value = value * 10 + Int(bytes[end] - 0x30)
            end += 1
        }
        return end > start ? (value, end) : nil
    }
}
