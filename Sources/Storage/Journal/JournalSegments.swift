import Glibc

/// The segments of one loop's journal: the one that is being written, and those that others still
/// want.
struct JournalSegments: ~Copyable {
    /// What became of emptying the segment that is being written.
    enum Emptying {
        /// Nothing of it is left.
        case emptied
        /// Somebody may read it back: it has lost its name, and goes with its last reader.
        case left
        /// The disk refuses.
        case refused
    }

    private let disk: any Disk
    private let directory: String
    private let process: UInt64
    private let loop: Int
    private let areNamesSafe: Bool
    /// Which generations want which segment.
    var book: SegmentBook
    /// Nil before the first frame of a segment.
    private var current: WritableSegment?
    /// Segments that nobody wants, and whose names the disk has not let go.
    private var unremoved: [Int] = []
    /// Whether the disk has refused to empty the segment that is being written.
    private var isEmptyingOwed = false

    /// Begins after the segments that are there; none is created yet.
    ///
    /// - Parameters:
    ///   - folder: where they are, and whose.
    ///   - loop: the number of the loop they belong to.
    ///   - areNamesSafe: whether their names have to survive a loss of power.
    init(_ folder: JournalFolder, loop: Int, areNamesSafe: Bool) {
        disk = folder.platform.disk
        directory = folder.path
        process = folder.process
        self.loop = loop
        self.areNamesSafe = areNamesSafe
        book = SegmentBook(first: folder.nextSegment(loop: loop))
    }

    /// The file that is being written; nil where there is none at the moment.
    var file: SegmentFile? { current?.file }

    /// Whether there is no file at the moment.
    var isEmpty: Bool { current == nil }

    /// Where the segment that is being written is, or will be.
    var path: String { path(book.current) }

    private func path(_ segment: Int) -> String {
        joinedPath(directory, SegmentName.of(loop: loop, segment: segment))
    }

    // MARK: Writing

    /// Creates the segment to write to, unless it is there.
    mutating func open() throws(StorageError) {
        guard current == nil else { return }
        // It may have been removed, or a full disk did not let it be created at the start.
        try disk.createFolder(directory)
        try create(book.current)
    }

    /// Appends a frame, to a new segment where there is none.
    mutating func append(
        _ frame: UnsafeRawBufferPointer,
        _ milliseconds: Int
    ) throws(StorageError) -> FramePlace? {
        try open()
        return try current?.append(frame, milliseconds)
    }

    private mutating func create(_ number: Int) throws(StorageError) {
        current = try WritableSegment(
            creating: path(number),
            of: process,
            isNameSafe: areNamesSafe,
            on: disk
        )
    }

    // MARK: Going on to another

    /// Goes on to the next segment where this one is full; between frames, since what a frame holds
    /// counts for the segment that was current when it was filled.
    ///
    /// - Returns: the one that was left.
    mutating func turn(at bytes: Int) -> WritableSegment? {
        guard let full = current, full.end >= bytes else { return nil }
        do throws(StorageError) {
            try create(book.current + 1)
        } catch {
            // Frames go on into this one, and the next commit tries again.
            return nil
        }
        isEmptyingOwed = false
        book.open()
        return full
    }

    /// Leaves the segment where files may not grow as large as one: it ends where they end.
    ///
    /// - Returns: the one that was left; nil where it has nothing.
    mutating func leaveFull() -> WritableSegment? {
        guard let full = current, !full.isEmpty else { return nil }
        // Its torn frame is reported at the next start where it cannot be cut off.
        try? full.cutTorn()
        beginAnew()
        return full
    }

    /// Leaves the segment where its path leads to it no more.
    ///
    /// - Returns: where it was; nil where it still is.
    mutating func leaveMoved() -> String? {
        guard let current, !current.file.isInPlace else { return nil }
        let path = path
        writeAgain()
        return path
    }

    /// What was written may be lost: all that is still wanted goes into another segment.
    mutating func writeAgain() {
        book.tellAgain()
        beginAnew()
    }

    private mutating func beginAnew() {
        isEmptyingOwed = false
        current = nil
        book.open()
    }

    // MARK: Removing

    /// Whether there is something on the disk that nobody wants, since the disk has refused to let
    /// it go: it may be what was deleted from the history.
    var isUntidy: Bool { isEmptyingOwed || !unremoved.isEmpty }

    /// Removes segments that nobody wants any more, and those that could not be removed before.
    mutating func remove(_ numbers: [Int]) {
        guard !numbers.isEmpty || !unremoved.isEmpty else { return }
        unremoved = (unremoved + numbers).filter { number in
            do throws(DiskError) {
                try disk.remove(path(number))
                return false
            } catch {
                return error.code != ENOENT
            }
        }
    }

    /// Empties the segment that is being written, which nobody wants.
    mutating func empty() -> Emptying {
        isEmptyingOwed = false
        guard let current else {
            book.emptied()
            return .emptied
        }
        guard !current.isShared else {
            beginAnew()
            remove(book.takeUnwanted())
            book.emptied()
            return .left
        }
        do throws(StorageError) {
            try current.empty()
        } catch {
            isEmptyingOwed = true
            return .refused
        }
        book.emptied()
        return .emptied
    }
}
