import Glibc
import Testing

/// Whether a seed is a world, and not only the beginning of one.
@Suite(.timeLimit(.minutes(5)))
struct TwiceTests {
    /// The order of a set differs between runs, unless a variable says otherwise that is read as a
    /// process begins: so the worlds run in one of their own.
    @Test func `ten worlds tell the same stories twice`() throws {
        let tests = try #require(CommandLine.arguments.first)
        let folder = try #require(tests.lastIndex(of: "/").map { tests[..<$0] })
        let status = Self.run(
            "\(folder)/simulate",
            ["--from", "21", "--runs", "10", "--twice"]
        )
        #expect(status == 0)
    }

    /// - Returns: how it ended, in the words of `waitpid`; -1 where it did not begin.
    private static func run(_ program: String, _ arguments: [String]) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = [strdup("SWIFT_DETERMINISTIC_HASHING=1"), nil]
        defer { for item in words + variables { free(item) } }
        var process: pid_t = 0
        guard posix_spawn(&process, program, &actions, nil, &words, &variables) == 0 else {
            return -1
        }
        var status: Int32 = -1
        return waitpid(process, &status, 0) == process ? status : -1
    }
}
