import Glibc
import Loop

/// A connection between a relay and who asks it on its machine.
struct ControlConnection: ~Copyable {
    private static let maxLineBytes = 64 * 1024

    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Reaches the relay of a folder; nil where none listens.
    static func reach(_ address: ControlAddress) throws(SystemCallError) -> ControlConnection? {
        let descriptor = try ControlAddress.socket()
        let number = descriptor.number
        do throws(SystemCallError) {
            try address.call("connect") { connect(number, $0, $1) }
        } catch {
            // A relay that was killed leaves its socket behind.
            guard error.code == ENOENT || error.code == ECONNREFUSED else { throw error }
            return nil
        }
        return ControlConnection(descriptor)
    }

    /// Whether the other side is of this process's user, or of root.
    var isTrusted: Bool {
        // The kernel's `struct ucred`: a process, a user and a group.
        var peer: [UInt32] = [0, .max, .max]
        var length = socklen_t(MemoryLayout<UInt32>.size * peer.count)
        let result = getsockopt(descriptor.number, SOL_SOCKET, SO_PEERCRED, &peer, &length)
        return result == 0 && (peer[1] == 0 || peer[1] == geteuid())
    }

    /// Bounds how long the other side is waited for.
    func bound(seconds: Int) {
        ControlAddress.bound(descriptor.number, SO_RCVTIMEO, seconds: seconds)
        ControlAddress.bound(descriptor.number, SO_SNDTIMEO, seconds: seconds)
    }

    /// Sends a line; false where the other side is gone.
    func send(_ line: [UInt8]) -> Bool {
        var sent = 0
        while sent < line.count {
            let (count, _) = uninterrupted {
                line[sent...].withUnsafeBytes {
                    Glibc.send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Reads one line, without its end; nil where none comes.
    func line() -> [UInt8]? {
        var line: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while line.count < Self.maxLineBytes {
            let (count, _) = uninterrupted {
                piece.withUnsafeMutableBytes {
                    recv(descriptor.number, $0.baseAddress, $0.count, 0)
                }
            }
            guard count > 0 else { return nil }
            line += piece[..<count]
            if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return Array(line[..<end]) }
        }
        return nil
    }
}
