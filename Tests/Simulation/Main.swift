import Glibc

/// Runs worlds from seeds, and tells the story of the first in which a promise is broken.
@main
struct Main {
    static func main() {
        // A write beyond a file size limit is an error like others.
        signal(SIGXFSZ, SIG_IGN)
        do throws(ArgumentError) {
            let arguments = try Arguments(CommandLine.arguments.dropFirst())
            exit(Runs(arguments).run() ? 0 : 1)
        } catch {
            say("simulate: \(error.message)\n\(Arguments.usage)")
            exit(2)
        }
    }

    /// Prints a line at once, so that what was seen is not lost with the process.
    static func say(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        bytes.withUnsafeBytes { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
