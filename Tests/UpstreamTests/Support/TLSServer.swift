import Glibc
import TestSupport
import Wire

/// `openssl s_server` with a certificate of its own.
final class TLSServer {
    let certificate: String
    private let folder: String
    private let log: String
    private var process: pid_t = 0

    init?() {
        var template = Array("/tmp/sse-relay-tls-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let folder = made else { return nil }
        self.folder = folder
        log = folder + "/log"
        certificate = folder + "/cert.pem"
        let key = folder + "/key.pem"
        let request = Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate,
        ])
        var status: Int32 = 0
        guard request > 0, waitpid(request, &status, 0) == request, status == 0 else { return nil }
        process = Self.run(
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"],
            output: log
        )
        guard process > 0 else { return nil }
    }

    /// The port on which it listens; nil until it does.
    ///
    /// The kernel chooses it, and the server prints it: a free port that was found before could be
    /// another process's by now.
    var port: Int? {
        guard let file = fopen(log, "r") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = fread(&text, 1, text.count, file)
        let lines = text[..<count].split(
            separator: UInt8(ascii: "\n"),
            omittingEmptySubsequences: false
        )
        // The last line may be incomplete.
        for line in lines.dropLast() where line.starts(with: "ACCEPT ".utf8) {
            return line.split(separator: UInt8(ascii: ":")).last
                .flatMap { parseDecimal(String(decoding: $0, as: UTF8.self)) }
        }
        return nil
    }

    func stop() {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = 0
        removeTree(folder)
    }

    private static func run(_ arguments: [String], output: String = "/dev/null") -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDIN_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        let flags = O_WRONLY | O_CREAT
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0o600)
        var list = (["openssl"] + arguments).map { strdup($0) } + [nil]
        defer { for item in list { free(item) } }
        var process: pid_t = 0
        return posix_spawn(&process, "/usr/bin/openssl", &actions, nil, &list, environ) == 0
            ? process : 0
    }
}

func usleepMilliseconds(_ count: UInt32) {
    usleep(count * 1000)
}
