import Glibc
import Wire

/// Tells systemd about the daemon's state, if systemd asks for that (sd_notify(3)).
struct SystemdNotifier: Sendable {
    /// A path, or `@` and a name in the abstract namespace; nil if systemd does not listen.
    private let socketPath: String?

    /// How long systemd waits for a sign of life, in microseconds; nil where it does not ask for
    /// any (sd_watchdog_enabled(3)).
    let watchdogMicroseconds: Int?

    init(_ environment: Environment) {
        socketPath = environment["NOTIFY_SOCKET"]
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let time = environment["WATCHDOG_USEC"].flatMap { parseDecimal($0) }
        watchdogMicroseconds = isMeant ? time.flatMap { $0 > 0 ? $0 : nil } : nil
    }

    /// Whether anybody listens.
    var isHeard: Bool { !(socketPath ?? "").isEmpty }

    /// Sends assignments such as `READY=1`.
    ///
    /// It is no error if nobody listens.
    func notify(_ state: String) {
        guard let socketPath, !socketPath.isEmpty else { return }
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(socketPath.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let prefix = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2
        let length = socklen_t(prefix + path.count)
        let message = Array(state.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), target, length)
            }
        }
    }
}
