import Glibc
package import Loop

/// A socket that another process has bound and listens on, such as systemd's (sd_listen_fds(3)).
///
/// It stays open as long as that process keeps it: clients that come while nobody accepts wait in
/// its backlog.
package struct InheritedSocket: Sendable {
    /// The descriptor's number, open until this process ends.
    package let number: Int32
    /// The address that it is bound to.
    package let address: PeerAddress
    package let port: Int

    /// Why a descriptor cannot be served.
    package enum Fault: Error {
        /// It is something else than a TCP socket that listens.
        case notListening(Int32)
        case systemCall(SystemCallError)
    }

    /// Takes a descriptor that was inherited.
    ///
    /// - Throws: where it is no TCP socket that listens.
    package init(_ number: Int32) throws(Fault) {
        guard Self.option(SO_TYPE, of: number) == Int32(SOCK_STREAM.rawValue),
            Self.option(SO_ACCEPTCONN, of: number) == 1,
            [AF_INET, AF_INET6].contains(Self.option(SO_DOMAIN, of: number))
        else { throw .notListening(number) }
        do throws(SystemCallError) {
            _ = try check("fcntl") { fcntl(number, F_SETFD, FD_CLOEXEC) }
            let flags = try check("fcntl") { fcntl(number, F_GETFL) }
            _ = try check("fcntl") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
            try ListeningSocket.prepare(number)
            let storage = try ListeningSocket.localAddress(number)
            address = PeerAddress(storage)
            port = ListeningSocket.port(of: storage)
        } catch {
            throw .systemCall(error)
        }
        self.number = number
    }

    /// Whether other machines may reach it.
    package var isExposed: Bool { address.site != nil }

    private static func option(_ name: Int32, of number: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(number, SOL_SOCKET, name, &value, &length) == 0 else { return nil }
        return value
    }
}
