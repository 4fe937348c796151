import CZlib
import Testing

/// Content in the forms in which clients compress it.
enum Compressed {
    /// RFC 1950.
    static func zlib(_ content: [UInt8], level: Int32 = 9) -> [UInt8] {
        var length = compressBound(UInt(content.count))
        var bytes = [UInt8](repeating: 0, count: Int(length))
        #expect(compress2(&bytes, &length, content, UInt(content.count), level) == Z_OK)
        return Array(bytes[..<Int(length)])
    }

    /// RFC 1951.
    static func bare(_ content: [UInt8], level: Int32 = 9) -> [UInt8] {
        Array(zlib(content, level: level).dropFirst(2).dropLast(4))
    }

    /// One member of RFC 1952.
    static func gzip(_ content: [UInt8], level: Int32 = 9) -> [UInt8] {
        let sum = UInt32(crc32(0, content, UInt32(content.count)))
        let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        return header + bare(content, level: level) + little(sum) + little(UInt32(content.count))
    }

    private static func little(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
