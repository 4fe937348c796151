import TestSupport
import Testing

@testable import HTTPServer

/// The preamble's two versions, whole, in pieces and broken.
@Suite struct ProxyPreambleTests {
    private typealias Fault = ProxyPreamble.Fault

    /// What a reader makes of a connection's bytes that come in two pieces.
    enum Outcome: Equatable {
        case whole(ProxyPreamble, length: Int)
        case more
        case fault(ProxyPreamble.Fault)
    }

    private static func outcome(_ bytes: [UInt8], cutAt cut: Int) -> Outcome {
        var reader = PreambleReader()
        do throws(ProxyPreamble.Fault) {
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            var before = 0
            for piece in pieces where !piece.isEmpty {
                if let (preamble, used) = try reader.read(piece.span) {
                    return .whole(preamble, length: before + used)
                }
                before += piece.count
            }
            return .more
        } catch {
            return .fault(error)
        }
    }

    /// The outcome, which must be the same for every cut.
    private static func outcome(_ bytes: [UInt8]) -> Outcome {
        let whole = outcome(bytes, cutAt: bytes.count)
        for cut in 0..<bytes.count {
            let outcome = outcome(bytes, cutAt: cut)
            #expect(outcome == whole, "cut at \(cut)")
            guard outcome == whole else { break }
        }
        return whole
    }

    private static func client(_ text: String) throws -> ProxyPreamble {
        .client(try #require(PeerAddress(text)))
    }

    // MARK: Version 1

    @Test(arguments: [
        ("TCP4 203.0.113.7 192.0.2.1 56324 443", "203.0.113.7"),
        ("TCP4 255.255.255.255 255.255.255.255 65535 65535", "255.255.255.255"),
        ("TCP4 1.2.3.4 1.2.3.4 0 0", "1.2.3.4"), ("TCP6 2001:db8::9 ::1 1 2", "2001:db8::9"),
        ("TCP6 ::ffff:203.0.113.7 ::1 1 2", "203.0.113.7"), ("UNKNOWN", nil),
        ("UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535", nil), ("UNKNOWN  \u{1}", nil),
    ])
    func `a line says whose the connection is`(line: String, client: String?) throws {
        let bytes = Array("PROXY \(line)\r\n".utf8)
        let expected = try client.map(Self.client) ?? .unknown
        #expect(Self.outcome(bytes) == .whole(expected, length: bytes.count))
        let more = bytes + "GET / HTTP/1.1\r\n".utf8
        #expect(Self.outcome(more) == .whole(expected, length: bytes.count))
        for count in 0..<bytes.count { #expect(Self.outcome(Array(bytes[..<count])) == .more) }
    }

    @Test(arguments: [
        "", "TCP4", "TCP4 1.2.3.4 1.2.3.4 1", "TCP4 1.2.3.4 1.2.3.4 1 2 3",
        "TCP4  1.2.3.4 1.2.3.4 1 2",
        "TCP4 1.2.3.4 1.2.3.4 1 65536", "TCP4 1.2.3.4 1.2.3.4 01 2", "TCP4 1.2.3.4 1.2.3.4 1 +2",
        "TCP4 1.2.3.4 1.2.3.4 1 ", "TCP4 1.2.3.04 1.2.3.4 1 2", "TCP4 ::1 ::1 1 2",
        "TCP6 1.2.3.4 1.2.3.4 1 2", "TCP6 ::1 1.2.3.4 1 2", "TCP5 1.2.3.4 1.2.3.4 1 2",
        "tcp4 1.2.3.4 1.2.3.4 1 2", "UDP4 1.2.3.4 1.2.3.4 1 2", "UNKNOWNS", " UNKNOWN", "unknown",
        "TCP4 a b 1 2", "TCP4 1.2.3.4 a 1 2", "TCP4\t1.2.3.4 1.2.3.4 1 2",
        "TCP4 1.2.3.4\0 1.2.3.4 1 2",
    ])
    func `a line that does not follow the grammar is refused`(line: String) {
        #expect(Self.outcome(Array("PROXY \(line)\r\n".utf8)) == .fault(.line))
    }

    @Test func `a line ends as it has to, within its longest length`() {
        #expect(Self.outcome(Array("PROXY UNKNOWN\n".utf8)) == .fault(.line))
        let padding = String(repeating: "x", count: ProxyPreamble.maxLineBytes - 16)
        let longest = Array("PROXY UNKNOWN \(padding)\r\n".utf8)
        #expect(longest.count == ProxyPreamble.maxLineBytes)
        #expect(Self.outcome(longest) == .whole(.unknown, length: longest.count))
        let longer = Array("PROXY UNKNOWN x\(padding)\r\n".utf8)
        #expect(Self.outcome(longer) == .fault(.lineTooLong))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "P", "PROXY", "PROXX ", "proxy UNKNOWN\r\n", " PROXY UNKNOWN\r\n",
        "\r\nGET / HTTP/1.1\r\n", "\r\n\r\n\0\r\nQUIT\r", "\u{16}\u{3}\u{1}", "PROXY\tUNKNOWN\r\n",
    ])
    func `bytes that begin otherwise are no preamble`(text: String) {
        let outcome = Self.outcome(Array(text.utf8))
        let mayGoOn = "PROXY ".hasPrefix(text)
        #expect(outcome == (mayGoOn ? .more : .fault(.absent)))
    }

    // MARK: Version 2

    private static let signature: [UInt8] = Array("\r\n\r\n\0\r\nQUIT\n".utf8)

    private static func binary(
        command: UInt8 = 0x21,
        _ family: UInt8,
        _ content: [UInt8],
        announced: Int? = nil
    ) -> [UInt8] {
        let length = announced ?? content.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + content
    }

    private static let four: [UInt8] = [203, 0, 113, 7, 192, 0, 2, 1, 0xDC, 0x04, 0x01, 0xBB]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]
        + [UInt8](repeating: 0xFF, count: 16) + [0, 1, 0, 2]
    private static let extra: [UInt8] = [0x04, 0x00, 0x03, 1, 2, 3]

    @Test func `a binary preamble says whose the connection is`() throws {
        let long = [UInt8](repeating: 7, count: ProxyPreamble.maxBytes - 16 - Self.four.count)
        let rows: [([UInt8], ProxyPreamble)] = [
            (Self.binary(0x11, Self.four), try Self.client("203.0.113.7")),
            (Self.binary(0x11, Self.four + Self.extra), try Self.client("203.0.113.7")),
            (Self.binary(0x11, Self.four + long), try Self.client("203.0.113.7")),
            (Self.binary(0x21, Self.six), try Self.client("2001:db8::9")),
            (Self.binary(0x21, Self.six + Self.extra), try Self.client("2001:db8::9")),
            (Self.binary(0x00, []), .unknown), (Self.binary(0x00, Self.extra), .unknown),
            (Self.binary(0x31, [UInt8](repeating: 0x61, count: 216)), .unknown),
            (Self.binary(command: 0x20, 0x00, []), .proxy),
            (Self.binary(command: 0x20, 0x11, Self.four), .proxy),
            (Self.binary(command: 0x20, 0xFF, Self.extra), .proxy),
        ]
        for (bytes, expected) in rows {
            let outcome = Self.outcome(bytes + "GET".utf8)
            #expect(outcome == .whole(expected, length: bytes.count))
            let short = Array(bytes.dropLast())
            #expect(Self.outcome(short, cutAt: short.count) == .more)
        }
    }

    @Test func `a binary preamble that no connection has is refused`() {
        let four = Self.four
        let rows: [([UInt8], Fault)] = [
            (Self.binary(command: 0x11, 0x11, four), .binary),
            (Self.binary(command: 0x22, 0x11, four), .binary),
            (Self.binary(command: 0x31, 0x11, four), .binary), (Self.binary(0x12, four), .binary),
            (Self.binary(0x22, Self.six), .binary), (Self.binary(0x10, four), .binary),
            (Self.binary(0x41, four), .binary), (Self.binary(0x01, four), .binary),
            (Self.binary(0x11, Array(four.dropLast())), .binary),
            (Self.binary(0x21, Array(Self.six.dropLast())), .binary),
            (Self.binary(0x31, four), .binary), (Self.binary(0x11, []), .binary),
            (
                Self.binary(0x11, four, announced: ProxyPreamble.maxBytes - 15),
                .tooLong(limit: ProxyPreamble.maxBytes)
            ),
            (
                Self.binary(command: 0x20, 0, [], announced: 0xFFFF),
                .tooLong(limit: ProxyPreamble.maxBytes)
            ),
        ]
        for (bytes, fault) in rows { #expect(Self.outcome(bytes) == .fault(fault)) }
    }

    @Test func `changed bytes never crash it, and every cut gives the same`() {
        var random = SeededGenerator(seed: 20_260_101)
        let seeds = [
            Self.binary(0x11, Self.four + Self.extra), Self.binary(0x21, Self.six),
            Self.binary(command: 0x20, 0, []),
            Array("PROXY TCP4 203.0.113.7 192.0.2.1 5 443\r\nGET".utf8),
            Array("PROXY TCP6 2001:db8::9 ::1 1 2\r\n".utf8), Array("PROXY UNKNOWN x\r\n".utf8),
        ]
        for _ in 0..<150 {
            for var bytes in seeds {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    default: bytes.remove(at: place)
                    }
                }
                _ = Self.outcome(bytes)
            }
        }
    }
}
