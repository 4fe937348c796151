import Glibc
import Wire

/// One segment of a journal on the disk.
///
/// The loop appends to it while a queue waits for the disk to have it; both hold it, and it closes
/// with the last of them.
final class SegmentFile: Sendable {
    /// What a segment begins with: a word, and the number of the process whose journal it is.
    static let headerBytes = 16
    private static let word: [UInt8] = Array("sserelay".utf8)

    private let file: OpenFile
    private let identity: FileIdentity

    /// Creates a segment; there must be none of this name.
    init(creating path: String, on disk: any Disk) throws(StorageError) {
        file = try OpenFile(opening: path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, on: disk)
        identity = try file.status().identity
    }

    /// Opens a segment that an earlier process left.
    init(reading path: String, on disk: any Disk) throws(StorageError) {
        file = try OpenFile.reading(path, on: disk)
        identity = try file.status().identity
    }

    /// Where it was created; it may have no name any more.
    var path: String { file.path }

    /// Whether its path still leads to it.
    var isInPlace: Bool { file.disk.identity(of: file.path) == identity }

    /// Writes what a process's segments begin with.
    func append(header process: UInt64) throws(StorageError) {
        var header = Self.word
        header.append(littleEndian: process, bytes: 8)
        if let failure = file.write(header).failure { throw failure }
    }

    /// Whose segment it is; nil where the bytes are no segment of a journal.
    static func process(of bytes: Span<UInt8>) -> UInt64? {
        guard bytes.count >= headerBytes else { return nil }
        for place in word.indices where bytes[place] != word[place] { return nil }
        return bytes.littleEndian(at: word.count..<headerBytes)
    }

    /// Fills `buffer` from `place` on, completely unless the file ends first.
    ///
    /// - Returns: how many bytes were read.
    func read(
        into buffer: inout [UInt8],
        from place: Int,
        at offset: Int
    ) throws(StorageError) -> Int {
        try file.read(into: &buffer, from: place, at: offset, count: buffer.count - place)
    }

    /// How long it is.
    func size() throws(StorageError) -> Int { try file.status().size }

    func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        if let failure = file.write(bytes).failure { throw failure }
    }

    func truncate(to size: Int) throws(StorageError) { try file.truncate(to: size) }

    /// Waits until all of it would survive a loss of power.
    func synchronize() throws(StorageError) { try file.synchronize() }
}

/// The names of segments: `3-00000012.journal` is the twelfth of loop 3.
enum SegmentName {
    static let suffix = ".journal"
    /// Beyond any number that is ever reached, and far enough from where numbers end to count on.
    private static let maxNumber = 1 << 48

    static func of(loop: Int, segment: Int) -> String {
        "\(loop)-\(paddedDecimal(segment, digits: 8))\(suffix)"
    }

    /// Reads a name; nil where it is none of ours.
    static func parse(_ name: String) -> (loop: Int, segment: Int)? {
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.utf8.count)
            .split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let loop = Int(parts[0]), let segment = Int(parts[1]),
            (0..<maxNumber).contains(loop), (0..<maxNumber).contains(segment),
            of(loop: loop, segment: segment) == name
        else { return nil }
        return (loop, segment)
    }
}
