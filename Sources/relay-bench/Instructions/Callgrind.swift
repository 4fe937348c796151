/// Valgrind's tool that counts instructions: the same program doing the same work costs the same
/// number on a busy machine as on an idle one, which no clock can say.
enum Callgrind {
    /// Where packages put it.
    static let path = "/usr/bin/valgrind"

    /// The arguments that come before a program and its own.
    static func arguments(output: String) -> [String] {
        ["--tool=callgrind", "--callgrind-out-file=\(output)", "--log-file=\(output).log"]
    }

    /// The instructions of all threads, from the line `totals: N` of its output.
    ///
    /// - Parameter text: the output file.
    /// - Returns: the number; nil where the program did not come to its end.
    static func totalInstructions(_ text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix("totals: ") {
            return UInt64(line.dropFirst("totals: ".count))
        }
        return nil
    }
}
