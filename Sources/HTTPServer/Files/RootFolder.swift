import CLinux
import Glibc
import Loop

/// A folder whose files may be read, and nothing outside it.
///
/// Every step of a path is opened relative to the folder before it and not through a symbolic link.
/// Where there is one, what it leads to is opened without its content, and is used only when the
/// kernel says that it lies in the folder. So neither `..` nor a link, nor a rename at the wrong
/// moment, leads out.
final class RootFolder {
    /// An open regular file.
    struct File: ~Copyable {
        let descriptor: Descriptor
        /// The last step of its path.
        let name: String
        let size: Int
        /// Seconds since 1970.
        let modified: Int
        /// The rest of a second, so that two versions written within one differ.
        let modifiedNanoseconds: Int
    }

    /// What a path names.
    enum Found: ~Copyable {
        case file(File)
        /// A folder named without its final slash: relative links in its index would break.
        case folderWithoutSlash
        case nothing
        /// The process is out of descriptors or the disk fails: there may well be a file.
        case unavailable
    }

    private let descriptor: Descriptor

    init(_ path: String) throws(SystemCallError) {
        descriptor = Descriptor(
            owning: try check("open") { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        )
    }

    /// Opens what a decoded URL path names; for a folder, its `index.html`.
    func find(_ path: String) -> Found {
        var steps = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        // Dot files are private by custom, and `.` and `..` have no business in a URL by now.
        guard !steps.contains(where: { $0.hasPrefix(".") }) else { return .nothing }
        let namesFolder = path.hasSuffix("/")
        if namesFolder { steps.append("index.html") }
        guard let name = steps.popLast() else { return .nothing }
        do throws(SystemCallError) {
            do throws(SystemCallError) {
                return Self.examine(try open(name, behind: steps), name)
            } catch  where error.code == ELOOP || error.code == ENOTDIR {
                // One of the steps is a link, or a file that is named like a folder.
                return Self.examine(try openLinked((steps + [name]).joined(separator: "/")), name)
            }
        } catch {
            switch error.code {
            case EMFILE, ENFILE, ENOMEM, EIO: return .unavailable
            default: return .nothing
            }
        }
    }

    private func open(
        _ name: String,
        behind steps: [String]
    ) throws(SystemCallError) -> Descriptor {
        var folder = Descriptor(
            owning: try check("fcntl") { fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0) }
        )
        for step in steps {
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let parent = folder.number
            folder = Descriptor(owning: try check("openat") { openat(parent, step, flags) })
        }
        // Without O_NONBLOCK a named pipe in the folder would stop the loop.
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let parent = folder.number
        return Descriptor(owning: try check("openat") { openat(parent, name, flags) })
    }

    /// Opens what a path with symbolic links leads to, where that lies in the folder.
    private func openLinked(_ path: String) throws(SystemCallError) -> Descriptor {
        let root = descriptor.number
        let found = Descriptor(
            owning: try check("openat") { openat(root, path, linux_o_path | O_CLOEXEC) }
        )
        guard let place = Self.place(of: found.number), let folder = Self.place(of: root),
            folder == "/" || (place + "/").hasPrefix(folder + "/")
        else {
            throw SystemCallError("openat", EXDEV)
        }
        // The same file, whatever its name leads to by now.
        let number = found.number
        return Descriptor(
            owning: try check("open") {
                Glibc.open("/proc/self/fd/\(number)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            }
        )
    }

    /// Where an open file or folder is, without links.
    private static func place(of number: Int32) -> String? {
        let place = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            let length = start.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                readlink("/proc/self/fd/\(number)", $0, buffer.count)
            }
            count = max(0, length)
        }
        // A path that was cut would name another place.
        guard !place.isEmpty, place.count < PATH_MAX else { return nil }
        return String(decoding: place, as: UTF8.self)
    }

    private static func examine(_ descriptor: consuming Descriptor, _ name: String) -> Found {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            return .file(
                File(
                    descriptor: descriptor,
                    name: name,
                    size: status.st_size,
                    modified: status.st_mtim.tv_sec,
                    modifiedNanoseconds: status.st_mtim.tv_nsec
                )
            )
        case S_IFDIR: return .folderWithoutSlash
        default: return .nothing
        }
    }
}
