/// An input as a script: its first bytes decide how a target is used, and the rest is read.
///
/// After its end all numbers are 0, so that every input is a script.
struct FuzzInput {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether all of it was taken.
    var isEmpty: Bool { place == bytes.count }

    /// The next byte.
    mutating func byte() -> UInt8 {
        guard place < bytes.count else { return 0 }
        defer { place += 1 }
        return bytes[place]
    }

    /// The next two bytes as a number below a bound, which is above 0.
    mutating func number(below bound: Int) -> Int {
        (Int(byte()) << 8 | Int(byte())) % bound
    }

    /// The next bytes, as many as there are up to a number.
    mutating func bytes(_ most: Int) -> [UInt8] {
        let end = min(bytes.count, place + most)
        defer { place = end }
        return Array(bytes[place..<end])
    }

    /// Everything that is left.
    mutating func rest() -> [UInt8] { bytes(bytes.count - place) }
}

/// The ways to cut bytes that each input is tried with.
enum Cuts {
    /// Longer samples are not fed byte by byte, which would make the fuzzer slow.
    private static let longestDrip = 512

    /// Calls `body` with the bytes cut in two, in pieces of a size, and byte by byte.
    static func each(of bytes: [UInt8], at place: Int, _ body: ([[UInt8]]) -> Void) {
        let cut = bytes.isEmpty ? 0 : place % (bytes.count + 1)
        body([Array(bytes[..<cut]), Array(bytes[cut...])])
        body(pieces(of: bytes, size: 1 + place % 31))
        if bytes.count <= longestDrip { body(pieces(of: bytes, size: 1)) }
    }

    private static func pieces(of bytes: [UInt8], size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { start in
            Array(bytes[start..<min(bytes.count, start + size)])
        }
    }
}
