import Glibc

@testable import HTTPServer

/// `openssl s_server` with a certificate made for it.
final class TLSServer {
    let port: Int
    let certificate: String
    private let folder: String
    private var process: pid_t = 0

    init?() {
        var template = Array("/tmp/sse-relay-tls-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let folder = made, let port = Self.freePort() else { return nil }
        self.folder = folder
        self.port = port
        certificate = folder + "/cert.pem"
        let key = folder + "/key.pem"
        let request = Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate,
        ])
        var status: Int32 = 0
        guard request > 0, waitpid(request, &status, 0) == request, status == 0 else { return nil }
        process = Self.run([
            "s_server", "-accept", "\(port)", "-cert", certificate, "-key", key, "-www", "-quiet",
        ])
        guard process > 0 else { return nil }
    }

    func isUp() -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    func stop() {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = 0
        for name in ["cert.pem", "key.pem"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private static func freePort() -> Int? {
        do { return try ListeningSocket(host: "127.0.0.1", port: 0).port } catch { return nil }
    }

    private static func run(_ arguments: [String]) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
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
