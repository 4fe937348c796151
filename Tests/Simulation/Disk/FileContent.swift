/// A file's bytes: those that were written, and zeros from there to its end.
///
/// Two copies share their bytes until one of them changes.
struct FileContent {
    private var bytes: [UInt8] = []
    /// The file's length.
    private(set) var size = 0

    /// All of it.
    var all: [UInt8] { bytes + [UInt8](repeating: 0, count: size - bytes.count) }

    /// Writes bytes at an offset; what is between the end and the offset is zeros.
    mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
        guard let start = source.baseAddress, !source.isEmpty else { return }
        let end = offset + source.count
        fill(to: offset)
        if offset == bytes.count {
            bytes.append(contentsOf: source)
        } else {
            fill(to: end)
            bytes.withUnsafeMutableBytes { raw in
                raw.baseAddress?.advanced(by: offset)
                    .copyMemory(from: start, byteCount: source.count)
            }
        }
        size = max(size, end)
    }

    /// Cuts the file off, or makes it longer with zeros.
    mutating func resize(to newSize: Int) {
        if newSize < bytes.count { bytes.removeLast(bytes.count - newSize) }
        size = newSize
    }

    /// Reads from an offset as much as there is and fits.
    ///
    /// - Returns: how many bytes that is.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let count = min(buffer.count, size - offset)
        guard count > 0 else { return 0 }
        let written = max(0, min(count, bytes.count - offset))
        bytes.withUnsafeBytes { raw in
            guard written > 0 else { return }
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: raw[offset..<offset + written])
            )
        }
        for place in written..<count { buffer[place] = 0 }
        return count
    }

    /// Writes the zeros up to a place, where only the size says that they are there.
    private mutating func fill(to end: Int) {
        if end > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: end - bytes.count))
        }
    }
}
