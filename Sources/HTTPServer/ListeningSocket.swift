import Glibc
package import Loop

/// A socket that clients connect to.
package struct ListeningSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// The port that is listened on, the real one where 0 was asked for.
    package let port: Int

    /// The descriptor's number, for the loops that accept from it.
    package var number: Int32 { descriptor.number }

    /// How much the kernel takes for a client beyond what is on its way to it.
    private static let unsentBytes: Int32 = 128 * 1024
    /// How long a client may be silent, while nothing is sent to it either, before the kernel asks
    /// whether it is still there.
    static let probeAfterSeconds: Int32 = 60
    /// How often the kernel asks then.
    static let probeEverySeconds: Int32 = 15

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - host: a numeric address or a name of this machine.
    ///   - port: 0 lets the kernel choose.
    /// - Throws: the call that failed; `bind: Address already in use` where somebody else listens.
    package init(host: String, port: Int) throws(SystemCallError) {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else {
            throw SystemCallError("getaddrinfo", ENOENT)
        }
        defer { freeaddrinfo(list) }
        let descriptor = try Self.bind(first)
        self.port = try Self.localPort(descriptor.number)
        self.descriptor = descriptor
    }

    /// Binds the first address of a family that this machine has.
    ///
    /// An address in use is an error even where another is left: a second server on one port must
    /// fail, not start beside the first.
    private static func bind(
        _ list: UnsafeMutablePointer<addrinfo>
    ) throws(SystemCallError) -> Descriptor {
        var candidate = list
        while true {
            do throws(SystemCallError) {
                return try listen(on: candidate.pointee)
            } catch {
                guard isAbsent(error), let next = candidate.pointee.ai_next else { throw error }
                candidate = next
            }
        }
    }

    /// Whether this machine has no such address, or nothing of its family.
    static func isAbsent(_ error: SystemCallError) -> Bool {
        error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL
    }

    private static func listen(on address: addrinfo) throws(SystemCallError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(
            owning: try check("socket") { socket(address.ai_family, type, 0) }
        )
        let number = descriptor.number
        try set(number, SOL_SOCKET, SO_REUSEADDR, 1)
        try prepare(number)
        _ = try check("bind") { Glibc.bind(number, address.ai_addr, address.ai_addrlen) }
        _ = try check("listen") { Glibc.listen(number, 4096) }
        return descriptor
    }

    /// Sets what accepted sockets inherit.
    static func prepare(_ number: Int32) throws(SystemCallError) {
        // Without TCP_NODELAY a small frame waits for the
        // acknowledgement of the one before, up to 40 ms. Without TCP_NOTSENT_LOWAT the kernel
        // takes megabytes for a client that reads nothing before anybody notices.
        try set(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        try set(number, SOL_SOCKET, SO_KEEPALIVE, 1)
        try set(number, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, unsentBytes)
        // Else the kernel first asks after two hours whether a silent client is still there.
        try set(number, Int32(IPPROTO_TCP), TCP_KEEPIDLE, probeAfterSeconds)
        try set(number, Int32(IPPROTO_TCP), TCP_KEEPINTVL, probeEverySeconds)
    }

    /// Drops the connections accepted from now on whose client acknowledges nothing for so long.
    ///
    /// Without it the kernel sends again for a quarter of an hour to a client whose cable was
    /// pulled, and nobody here notices as long as the tokens fit its memory. It also bounds how
    /// long a silent client may leave the kernel's questions unanswered.
    ///
    /// - Parameters:
    ///   - seconds: at most a day.
    ///   - listener: a listening socket, of which accepted ones inherit it.
    /// - Throws: where it is none.
    static func bound(unacknowledged seconds: Int, on listener: Int32) throws(SystemCallError) {
        try set(listener, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(seconds) * 1000)
    }

    private static func set(
        _ descriptor: Int32,
        _ level: Int32,
        _ option: Int32,
        _ value: Int32
    ) throws(SystemCallError) {
        var value = value
        _ = try check("setsockopt") {
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    private static func localPort(_ descriptor: Int32) throws(SystemCallError) -> Int {
        port(of: try localAddress(descriptor))
    }

    /// What a socket is bound to.
    static func localAddress(_ descriptor: Int32) throws(SystemCallError) -> sockaddr_storage {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = try check("getsockname") {
            withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    getsockname(descriptor, address, &length)
                }
            }
        }
        return storage
    }

    /// The port, which is at the same place in the addresses of both families.
    static func port(of storage: sockaddr_storage) -> Int {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                Int(UInt16(bigEndian: address.pointee.sin_port))
            }
        }
    }
}
