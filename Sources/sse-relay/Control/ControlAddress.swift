import CLinux
import Glibc
import Loop

/// Where a relay that runs is asked on its machine: a unix socket in its data folder.
///
/// Who may enter the folder may ask: it is the relay's own, for its user alone.
struct ControlAddress {
    /// The socket's name in the data folder.
    static let name = "control"

    let folder: String

    /// Calls `bind` or `connect` with the address.
    ///
    /// A path is cut off nowhere: where it is longer than an address may be, it goes by way of the
    /// open folder.
    func call(
        _ name: StaticString,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemCallError) {
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        var path = "\(folder)/\(Self.name)"
        // A plain number: an owner that is not used again would be gone before the call.
        var opened: Int32?
        defer { if let opened { close(opened) } }
        if path.utf8.count >= room {
            let number = try check("open") { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            opened = number
            path = "/proc/self/fd/\(number)/\(Self.name)"
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        _ = try check(name) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
            }
        }
    }

    /// A socket without an address.
    static func socket() throws(SystemCallError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        return Descriptor(owning: try check("socket") { Glibc.socket(AF_UNIX, type, 0) })
    }

    /// Bounds how long a call waits for the other side.
    static func bound(_ number: Int32, _ option: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
