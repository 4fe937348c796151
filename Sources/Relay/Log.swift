import Glibc
import Loop
import Wire

/// Lines for people, on stderr.
///
/// Each is one `write`, so that lines of several loops never mix; `print` would hold them back in
/// a buffer of 4 KiB under systemd.
package struct Log: Sendable {
    /// How much a line matters.
    package enum Level: String, Sendable {
        case info, warning, error
    }

    /// Whether each request gets a line.
    package var logsRequests: Bool

    /// Creates a log.
    package init(logsRequests: Bool = true) {
        self.logsRequests = logsRequests
    }

    /// Writes one line: time, level, message.
    package func write(_ level: Level, _ message: String) {
        write(level) { $0.append(text: message) }
    }

    /// Writes one line: time, level, and the message that is appended.
    package func write(_ level: Level, _ append: (inout [UInt8]) -> Void) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        Timestamp.append(milliseconds: wallMilliseconds(), into: &line)
        line.append(literal: " ")
        line.append(text: level.rawValue)
        line.append(literal: " ")
        let start = line.count
        append(&line)
        Self.makePlain(&line, from: start)
        line.append(literal: "\n")
        line.withUnsafeBytes { bytes in
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// What clients and upstreams sent must not forge a line of its own, nor steer a terminal.
    private static func makePlain(_ line: inout [UInt8], from start: Int) {
        guard line[start...].contains(where: { !(0x20..<0x7F).contains($0) }) else { return }
        let text = String(decoding: line[start...], as: UTF8.self)
        line.removeSubrange(start...)
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            if isControl || scalar.value == 0x2028 || scalar.value == 0x2029 {
                line.append(UInt8(ascii: "?"))
            } else {
                line.append(contentsOf: String(scalar).utf8)
            }
        }
    }
}
