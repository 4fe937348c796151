import Loop

/// The instant that the simulator's option `stamp` wrote into a token.
enum Stamp {
    /// A number with fewer digits is another one of the event; these are 0.1 s of uptime or more.
    private static let minDigits = 9

    /// Finds the stamp in an event of any dialect: a long number right before a blank.
    static func find(_ data: Span<UInt8>) -> Nanoseconds? {
        var value: Nanoseconds = 0
        var digits = 0
        for index in data.indices {
            let digit = data[index] &- UInt8(ascii: "0")
            if digit <= 9 {
                value = value &* 10 &+ Nanoseconds(digit)
                digits += 1
            } else {
                if data[index] == UInt8(ascii: " "), digits >= minDigits { return value }
                value = 0
                digits = 0
            }
        }
        return nil
    }
}
