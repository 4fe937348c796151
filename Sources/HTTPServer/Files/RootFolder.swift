import Glibc
import Loop

/// A folder whose files may be read, and nothing outside it.
///
/// Every step of a path is opened relative to the folder before it and never through a symbolic
/// link, so neither `..` nor a link, nor a rename at the wrong moment, leads out.
final class RootFolder {
    /// An open regular file.
    struct File: ~Copyable {
        let descriptor: Descriptor
        /// The last step of its path.
        let name: String
        let size: Int
        /// Seconds since 1970.
        let modified: Int
        /// The part of a second beyond, to tell apart two versions written within one.
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

    /// Opens what a decoded URL path names; a folder stands for its `index.html`.
    func find(_ path: String) -> Found {
        var steps = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        // Dot files are private by custom, and `.` and `..` have no business in a URL by now.
        guard !steps.contains(where: { $0.hasPrefix(".") }) else { return .nothing }
        let namesFolder = path.hasSuffix("/")
        if namesFolder { steps.append("index.html") }
        guard let name = steps.popLast() else { return .nothing }
        do throws(SystemCallError) {
            return Self.examine(try open(name, behind: steps), name)
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
