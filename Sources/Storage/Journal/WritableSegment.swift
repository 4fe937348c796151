/// The segment that a journal appends its frames to.
///
/// Its loop alone writes it. The syncer and those that read it back share its file.
final class WritableSegment {
    private var readable: ReadableSegment
    /// Where its last whole frame ends.
    private(set) var end = SegmentFile.headerBytes
    /// Whether half a frame may follow that.
    private var isTorn = false

    /// Creates the segment; there must be none of this name.
    ///
    /// - Parameters:
    ///   - path: where it is to be.
    ///   - process: the number of the process whose journal it is.
    ///   - isNameSafe: whether its name has to survive a loss of power, as it has to where frames
    ///     are made safe.
    ///   - disk: takes it.
    /// - Throws: what the disk says; then there is no file of this name.
    init(
        creating path: String,
        of process: UInt64,
        isNameSafe: Bool,
        on disk: any Disk
    ) throws(StorageError) {
        let file = try SegmentFile(creating: path, on: disk)
        do throws(StorageError) {
            try file.append(header: process)
            if isNameSafe { try disk.synchronizeFolder(parentFolder(of: path)) }
        } catch {
            // Of this name there must be none when it is tried again.
            try? disk.remove(path)
            throw error
        }
        readable = ReadableSegment(file)
    }

    var file: SegmentFile { readable.file }

    /// Whether it has no whole frame.
    var isEmpty: Bool { end == SegmentFile.headerBytes }

    /// Whether somebody may read it back.
    var isShared: Bool { !isKnownUniquelyReferenced(&readable) }

    /// Appends a frame, in place of half a one that an attempt before left.
    func append(
        _ frame: UnsafeRawBufferPointer,
        _ milliseconds: Int
    ) throws(StorageError) -> FramePlace {
        if isTorn { try cutTorn() }
        isTorn = true
        try file.append(frame)
        isTorn = false
        let place = FramePlace(segment: readable, offset: end, milliseconds: milliseconds)
        end += frame.count
        return place
    }

    /// Cuts off what follows its last whole frame.
    func cutTorn() throws(StorageError) { try file.truncate(to: end) }

    /// Takes all frames out of it.
    func empty() throws(StorageError) {
        try file.truncate(to: SegmentFile.headerBytes)
        end = SegmentFile.headerBytes
        isTorn = false
    }
}
