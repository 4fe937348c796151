/// Valgrind's tool that counts instructions.
///
/// Unlike a clock, it gives the same number for the same work on a busy machine as on an idle one.
enum Callgrind {
    /// Where packages install it.
    static let path = "/usr/bin/valgrind"

    /// The arguments that precede a program and the program's own.
    static func arguments(output: String) -> [String] {
        ["--tool=callgrind", "--callgrind-out-file=\(output)", "--log-file=\(output).log"]
    }

    /// The instructions of all threads, from the line `totals: N` of its output.
    ///
    /// - Parameter text: the output file.
    /// - Returns: the number; nil if the program did not reach its end.
    static func totalInstructions(_ text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix("totals: ") {
            return UInt64(line.dropFirst("totals: ".count))
        }
        return nil
    }
}
