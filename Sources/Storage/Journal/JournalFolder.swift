import Glibc

/// The folder of all loops' journals: what earlier processes left there, and what a new one begins
/// with.
package struct JournalFolder: Sendable {
    /// Where it is.
    package let path: String
    /// Tells this process's segments from those of others.
    ///
    /// Generations have numbers that begin anew with each process.
    let process: UInt64
    /// The segments of earlier processes by their loops, in the order in which they were written.
    private let left: [Int: [Int]]

    /// Opens the folder, creating it where it is absent.
    ///
    /// A full disk does not stop the start: the folder follows with the first segment.
    ///
    /// - Throws: where what earlier processes left cannot be known.
    package init(path: String) throws(StorageError) {
        self.path = path
        process = UInt64.random(in: .min ... .max)
        do throws(StorageError) {
            try createFolder(path)
        } catch {
            guard error.mayPass else { throw error }
            if access(path, F_OK) != 0 {
                guard errno == ENOENT else { throw error }
                left = [:]
                return
            }
        }
        left = try Self.segments(in: path)
    }

    private static func segments(in path: String) throws(StorageError) -> [Int: [Int]] {
        var segments: [Int: [Int]] = [:]
        for name in try names(in: path) {
            guard let (loop, segment) = SegmentName.parse(name) else { continue }
            segments[loop, default: []].append(segment)
        }
        return segments.mapValues { $0.sorted() }
    }

    /// Whether earlier processes left anything.
    package var isEmpty: Bool { left.isEmpty }

    /// The number of the first segment that a loop may write.
    func nextSegment(loop: Int) -> Int { (left[loop]?.last ?? 0) + 1 }

    /// One item that was read, with the segment's bytes that its ranges are about.
    package struct Found {
        /// The process and the loop whose journal it is.
        package let process: UInt64
        package let loop: Int
        /// When it was written.
        ///
        /// In milliseconds since 1970.
        package let milliseconds: Int
        /// The item.
        package let item: JournalItem
    }

    /// Reads all that earlier processes left, each loop's segments in their order.
    ///
    /// - Parameters:
    ///   - report: told of segments that do not end well.
    ///   - visit: given each item with the bytes of its segment.
    /// - Throws: where a segment cannot be read.
    package func read(
        report: (JournalReport) -> Void,
        visit: (Found, Span<UInt8>) -> Void
    ) throws(StorageError) {
        for (loop, segments) in left.sorted(by: { $0.key < $1.key }) {
            for segment in segments { try read(loop, segment, report, visit) }
        }
    }

    /// A bad sector must cost no more than the answers that stand on it: what is before it is read,
    /// and the segment is set aside where nobody removes it.
    private func read(
        _ loop: Int,
        _ segment: Int,
        _ report: (JournalReport) -> Void,
        _ visit: (Found, Span<UInt8>) -> Void
    ) throws(StorageError) {
        let path = path(loop, segment)
        do throws(StorageError) {
            let file = try SegmentFile(reading: path)
            guard let process = try process(of: file, report) else { return }
            try read(file, report) { item, milliseconds, bytes in
                let found = Found(
                    process: process,
                    loop: loop,
                    milliseconds: milliseconds,
                    item: item
                )
                visit(found, bytes)
            }
        } catch {
            let aside = path + ".unreadable"
            guard case .systemCall(_, _, EIO) = error, rename(path, aside) == 0 else { throw error }
            report(.unreadable(error, setAsideIn: aside))
        }
    }

    /// The process that wrote a segment; nil where the file is none.
    private func process(
        of file: SegmentFile,
        _ report: (JournalReport) -> Void
    ) throws(StorageError) -> UInt64? {
        var header = [UInt8](repeating: 0, count: SegmentFile.headerBytes)
        let count = try file.read(into: &header, from: 0, at: 0)
        let process = SegmentFile.process(of: header.span.extracting(first: count))
        // An empty one was created when its process ended.
        if process == nil, count > 0 { report(.noSegment(path: file.path)) }
        return process
    }

    private func read(
        _ file: SegmentFile,
        _ report: (JournalReport) -> Void,
        _ visit: (JournalItem, Int, Span<UInt8>) -> Void
    ) throws(StorageError) {
        var frames = SegmentFrames(from: SegmentFile.headerBytes)
        while true {
            switch try frames.next(in: file) {
            case .item(let item): visit(item, frames.milliseconds, frames.bytes.span)
            case .end(.whole): return
            case .end(.torn(let offset, let fault)):
                let bytes = try file.size() - offset
                return report(.torn(path: file.path, offset: offset, bytes: bytes, fault))
            }
        }
    }

    /// Removes what earlier processes left: all of it is in the history.
    package func removeLeft() {
        for (loop, segments) in left {
            for segment in segments { _ = unlink(path(loop, segment)) }
        }
    }

    private func path(_ loop: Int, _ segment: Int) -> String {
        "\(path)/\(SegmentName.of(loop: loop, segment: segment))"
    }
}
