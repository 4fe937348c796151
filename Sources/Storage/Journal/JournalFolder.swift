import Glibc
import Loop

/// The folder of all loops' journals: what earlier processes left there, and what a new one begins
/// with.
package final class JournalFolder: Sendable {
    /// Where it is.
    package let path: String
    /// What it is on, and the threads that wait for it.
    package let platform: Platform
    /// The bounds of each loop's journal.
    let limits: JournalLimits
    /// Marks this process's segments: the numbers of generations begin anew with each process.
    let process: UInt64
    /// The segments of earlier processes by their loops, in the order in which they were written.
    private let left: [Int: [Int]]
    /// The paths of those that are damaged: they are kept under another name.
    private let damaged = Guarded<Set<String>>([])

    /// Opens the folder, creating it where it is absent.
    ///
    /// A full disk does not stop the start: the folder follows with the first segment.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - limits: the bounds of each loop's journal.
    ///   - platform: the disk that it is on, and the threads that wait for it.
    /// - Throws: where what earlier processes left cannot be known.
    package init(
        path: String,
        limits: JournalLimits = JournalLimits(),
        platform: Platform = .system
    ) throws(StorageError) {
        self.path = path
        self.platform = platform
        self.limits = limits
        process = platform.random.next()
        do throws(StorageError) {
            try platform.disk.createFolder(path)
        } catch {
            guard error.mayPass else { throw error }
            if platform.disk.identity(of: path) == nil {
                guard platform.disk.isAbsent(path) else { throw error }
                left = [:]
                return
            }
        }
        left = try Self.segments(in: path, on: platform.disk)
    }

    private static func segments(
        in path: String,
        on disk: any Disk
    ) throws(StorageError) -> [Int: [Int]] {
        var segments: [Int: [Int]] = [:]
        let names = try naming(path) { () throws(DiskError) in try disk.names(in: path) }
        for name in names {
            guard let (loop, segment) = SegmentName.parse(name) else { continue }
            segments[loop, default: []].append(segment)
        }
        return segments.mapValues { $0.sorted() }
    }

    private var disk: any Disk { platform.disk }

    /// Whether earlier processes left anything.
    package var isEmpty: Bool { left.isEmpty }

    /// The number of the first segment that a loop may write.
    func nextSegment(loop: Int) -> Int { (left[loop]?.last ?? 0) + 1 }

    /// One item that was read, with the segment's bytes that its ranges are about.
    package struct Found {
        /// The process and the loop whose journal it is.
        package let process: UInt64
        package let loop: Int
        /// When it was written, in milliseconds since 1970.
        package let milliseconds: Int
        /// The item.
        package let item: JournalItem
    }

    /// Reads all that earlier processes left, each loop's segments in their order.
    ///
    /// - Parameters:
    ///   - report: takes the segments that do not end well.
    ///   - visit: takes each item with the bytes of its segment.
    /// - Throws: where a segment cannot be read.
    package func read(
        report: (JournalReport) -> Void,
        visit: (Found, Span<UInt8>) -> Void
    ) throws(StorageError) {
        for (loop, segments) in left.sorted(by: { $0.key < $1.key }) {
            let paths = segments.map { path(loop, $0) }
            for (path, writer) in zip(paths, writers(of: paths)) {
                try read(path, loop, writer, report, visit)
            }
        }
    }

    /// A bad sector must cost no more than the answers that are on it: what is before it is read,
    /// and the segment is set aside where nobody removes it.
    private func read(
        _ path: String,
        _ loop: Int,
        _ writer: UInt64,
        _ report: (JournalReport) -> Void,
        _ visit: (Found, Span<UInt8>) -> Void
    ) throws(StorageError) {
        do throws(StorageError) {
            let file = try SegmentFile(reading: path, on: disk)
            let hasHeader = try Self.process(of: file) != nil
            try read(file, hasHeader: hasHeader, report) { item, milliseconds, bytes in
                let found = Found(
                    process: writer,
                    loop: loop,
                    milliseconds: milliseconds,
                    item: item
                )
                visit(found, bytes)
            }
        } catch .notRegularFile {
            report(.noSegment(path: path))
        } catch {
            let aside = path + ".unreadable"
            guard case .systemCall(_, _, EIO) = error,
                (try? disk.rename(path, to: aside)) != nil
            else { throw error }
            report(.unreadable(error, setAsideIn: aside))
        }
    }

    /// The processes that wrote a loop's segments.
    ///
    /// A segment that does not name its process is taken for that of the segments around it.
    /// Between two processes it may be either's, or another one's. It gets a number of its own:
    /// generations of two processes have the same numbers, and nobody may read another one's
    /// answer.
    private func writers(of paths: [String]) -> [UInt64] {
        let said = paths.map { path in
            (try? SegmentFile(reading: path, on: disk)).flatMap { try? Self.process(of: $0) }
        }
        return said.indices.map { place in
            if let writer = said[place] { return writer }
            let before = said[..<place].last { $0 != nil } ?? nil
            let after = said[place...].first { $0 != nil } ?? nil
            if let before, before == after { return before }
            return platform.random.next()
        }
    }

    /// The process that wrote a segment; nil where the file does not have it.
    private static func process(of file: SegmentFile) throws(StorageError) -> UInt64? {
        var header = [UInt8](repeating: 0, count: SegmentFile.headerBytes)
        let count = try file.read(into: &header, from: 0, at: 0)
        return SegmentFile.process(of: header.span.extracting(first: count))
    }

    private func read(
        _ file: SegmentFile,
        hasHeader: Bool,
        _ report: (JournalReport) -> Void,
        _ visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) {
        // An empty one was created when its process ended.
        guard try file.size() > 0 else { return }
        var frames = WholeFrames(in: file)
        try frames.read(hasHeader: hasHeader, visit)
        guard let damage = frames.damage else { return }
        if !damage.isCutTail { damaged.withLock { _ = $0.insert(file.path) } }
        guard frames.hasSome || hasHeader else { return report(.noSegment(path: file.path)) }
        report(
            .torn(
                path: file.path,
                offset: damage.offset,
                bytes: damage.bytes,
                damage.fault,
                setAsideIn: damage.isCutTail ? nil : nameAside(file.path)
            )
        )
    }

    /// The name that a damaged segment gets when the others are removed; its own where all are
    /// taken.
    ///
    /// Until then it keeps its own: a process that ends in between reads it again.
    private func nameAside(_ path: String) -> String {
        for number in 1...Self.maxAside {
            let aside = path + (number == 1 ? ".damaged" : ".damaged-\(number)")
            if (try? disk.status(of: aside, followsLinks: false)) == nil { return aside }
        }
        return path
    }

    private static let maxAside = 1000

    /// Removes what earlier processes left: all of it is in the history.
    ///
    /// What was found damaged when it was read is set aside.
    ///
    /// - Returns: whether nothing is left; where the disk refuses, it can be tried again.
    package func removeLeft() -> Bool { remove(left) }

    /// Removes this process's segments too: it stops, and all of them are in the history.
    package func removeAll() {
        // Where the disk refuses a name it stays, and the next start reads it again.
        guard let all = try? Self.segments(in: path, on: disk) else { return }
        _ = remove(all)
    }

    private func remove(_ segments: [Int: [Int]]) -> Bool {
        let damaged = damaged.withLock { $0 }
        var isDone = true
        for (loop, segments) in segments {
            for segment in segments {
                let path = path(loop, segment)
                do throws(DiskError) {
                    // What is no file was not read.
                    let status = try disk.status(of: path, followsLinks: false)
                    guard status.kind == .file else { continue }
                    if damaged.contains(path) {
                        try disk.rename(path, to: nameAside(path))
                    } else {
                        try disk.remove(path)
                    }
                } catch {
                    if error.code != ENOENT { isDone = false }
                }
            }
        }
        return isDone
    }

    private func path(_ loop: Int, _ segment: Int) -> String {
        "\(path)/\(SegmentName.of(loop: loop, segment: segment))"
    }
}
