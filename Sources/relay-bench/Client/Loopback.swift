import Glibc
import Loop

/// Connections to a port of this machine.
enum Loopback {
    /// A socket that is connecting or connected, without Nagle's delay.
    ///
    /// - Parameters:
    ///   - port: the server's.
    ///   - blocks: whether calls wait; otherwise the connection is there once it is writable.
    ///   - source: the last number of our own address in 127.0.0.0/8.
    /// - Returns: the socket.
    /// - Throws: the call that failed; `connect: Connection refused` if no server listens.
    static func connect(
        port: Int,
        blocks: Bool,
        source: UInt8 = 1
    ) throws(SystemCallError) -> Descriptor {
        let flags = blocks ? 0 : SOCK_NONBLOCK.rawValue
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | flags)
        let descriptor = Descriptor(owning: try check("socket") { socket(AF_INET, type, 0) })
        let number = descriptor.number
        var one: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(4))
        if source != 1 {
            var own = address(port: 0, last: source)
            _ = try check("bind") { withSocketAddress(&own) { bind(number, $0, $1) } }
        }
        var peer = address(port: port, last: 1)
        do throws(SystemCallError) {
            _ = try check("connect") { withSocketAddress(&peer) { Glibc.connect(number, $0, $1) } }
        } catch {
            guard error.code == EINPROGRESS else { throw error }
        }
        return descriptor
    }

    /// A port on which no server listens at the moment.
    static func freePort() throws(SystemCallError) -> Int {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(owning: try check("socket") { socket(AF_INET, type, 0) })
        let number = descriptor.number
        var own = address(port: 0, last: 1)
        _ = try check("bind") { withSocketAddress(&own) { bind(number, $0, $1) } }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = try check("getsockname") {
            withSocketAddress(&own) { pointer, _ in getsockname(number, pointer, &length) }
        }
        return Int(UInt16(bigEndian: own.sin_port))
    }

    private static func address(port: Int, last: UInt8) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(last)).bigEndian
        return address
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
