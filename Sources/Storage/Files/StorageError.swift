import Glibc
import Loop

/// What keeps a file of ours from being opened, repaired or written.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The system refused a call: its name, the file it was about, and its `errno`.
    case systemCall(String, path: String, code: Int32)
    /// The system has not answered a call for so long; it may still do what it was asked for.
    case late(String, path: String, milliseconds: Int)
    /// The journal does not have this entry of an answer, which is not in memory either.
    case lostEntry(Int)
    /// Another process writes this file; two writers would undo each other's repairs.
    case locked(path: String)
    /// The path leads to something that is not a regular file.
    case notRegularFile(path: String)
    /// The file holds a secret, and other users may read or write it.
    case openToOthers(path: String)
    /// The file does not have what was written to it.
    case damaged(path: String, offset: Int)

    /// Names the file that a disk refused a call for.
    init(_ error: DiskError, _ path: String) {
        self = .systemCall("\(error.call)", path: path, code: error.code)
    }

    /// One line for the log: the call, the path, and the system's own words.
    package var description: String {
        switch self {
        case .systemCall(let call, let path, let code):
            "\(call) \(path): \(errorText(code))"
        case .late(let call, let path, let milliseconds):
            "\(call) \(path): no answer from the disk for \(milliseconds) ms"
        case .lostEntry(let number): "the journal does not have entry \(number)"
        case .locked(let path):
            "\(path) is in use by another process; each relay needs a data folder of its own"
        case .notRegularFile(let path):
            "\(path) is not a regular file"
        case .openToOthers(let path):
            "\(path) is open to other users, who may know its secret: remove it to have a new one made"
        case .damaged(let path, let offset):
            "\(path) does not have what was written to it, from byte \(offset) on"
        }
    }

    /// Whether it stays so until somebody changes the configuration or the folder: a missing
    /// permission, a path that leads elsewhere.
    package var needsRepair: Bool {
        if case .locked = self { return false }
        return !mayPass
    }

    /// Whether the disk, or this user's part of it, is full.
    var isLackOfRoom: Bool {
        guard case .systemCall(_, _, let code) = self else { return false }
        return code == ENOSPC || code == EDQUOT
    }

    /// Whether the same call may well succeed later without anybody changing the configuration.
    ///
    /// A full or failing disk must not keep the daemon from starting: its answers go on without it.
    package var mayPass: Bool {
        guard case .systemCall(_, _, let code) = self else { return false }
        switch code {
        case ENOSPC, EDQUOT, EFBIG, EIO, EMFILE, ENFILE, ENOMEM: return true
        default: return false
        }
    }
}

/// Runs calls to a disk, and names their file in what they are refused for.
func naming<Result>(
    _ path: String,
    _ body: () throws(DiskError) -> Result
) throws(StorageError) -> Result {
    do throws(DiskError) {
        return try body()
    } catch {
        throw StorageError(error, path)
    }
}
