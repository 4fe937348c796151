import Glibc
import Loop

/// A process that this one started and will end.
///
/// It leads a process group, so that its own children end with it.
final class ChildProcess {
    let pid: pid_t
    /// The status from `waitpid`, once the process was reaped.
    private var status: Int32?

    /// Starts a program without input, and with its output and errors in a file.
    ///
    /// - Parameters:
    ///   - path: the program's file.
    ///   - arguments: the arguments after its name.
    ///   - environment: all variables that it gets, so that none of ours changes the figures.
    ///   - log: the file for its output.
    /// - Throws: if there is no such program.
    init(
        _ path: String,
        _ arguments: [String],
        environment: [String],
        log: String
    ) throws(SystemCallError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let logFlags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, logFlags, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.setAttributes(&attributes)
        let words = CStrings([path] + arguments)
        let variables = CStrings(environment)
        var pid: pid_t = 0
        let code = posix_spawn(
            &pid,
            path,
            &actions,
            &attributes,
            words.pointers,
            variables.pointers
        )
        guard code == 0 else { throw SystemCallError("posix_spawn", code) }
        self.pid = pid
        Leftovers.shared.add(pid)
    }

    /// The exit code, or minus the signal's number, once the process has ended; nil while it runs.
    var exitCode: Int32? {
        if status == nil, hasEnded {
            // Before the process is reaped: until then no other group can have its number.
            kill(-pid, SIGKILL)
            var value: Int32 = 0
            if waitpid(pid, &value, 0) == pid {
                status = value
                Leftovers.shared.remove(pid)
            }
        }
        guard let status else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : -signal
    }

    /// Asks the process and its children to end, and kills those that do not end in time.
    func end(within limit: Nanoseconds) {
        guard exitCode == nil else { return }
        kill(-pid, SIGTERM)
        let deadline = monotonicNow() + limit
        while exitCode == nil, monotonicNow() < deadline { usleep(500) }
        endAtOnce()
    }

    /// Kills the process and its children.
    func endAtOnce() {
        guard exitCode == nil else { return }
        kill(-pid, SIGKILL)
        while exitCode == nil { usleep(500) }
    }

    /// Whether the process waits to be reaped.
    private var hasEnded: Bool {
        var info = siginfo_t()
        let code = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
        return code == 0 && info.si_signo == SIGCHLD
    }

    /// Gives the child a group of its own, and undoes what this process ignores or blocks.
    private static func setAttributes(_ attributes: inout posix_spawnattr_t) {
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags =
            Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
            | Int32(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }
}

/// A null-terminated array of C strings, valid for as long as this lives.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        pointers.initialize(repeating: nil, count: count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
