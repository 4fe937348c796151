import Glibc
package import Loop
import Wire

/// Lines for people, on stderr or where else they are to go.
///
/// Lines are written whole, so that those of several loops never mix; `print` would hold them back
/// in a buffer of 4 KiB under systemd.
package struct Log: Sendable {
    /// How much a line matters.
    package enum Level: String, Sendable {
        case info, warning, error
    }

    /// Whether each request gets a line.
    package var logsRequests: Bool
    private let time: TimeSource
    /// Takes whole lines; nil where they go to stderr.
    private let sink: (@Sendable (UnsafeBufferPointer<UInt8>) -> Void)?

    /// Creates a log.
    ///
    /// - Parameters:
    ///   - logsRequests: whether each request gets a line.
    ///   - time: what the lines' time is by.
    ///   - sink: takes whole lines on any thread, valid only then; stderr where not given.
    package init(
        logsRequests: Bool = true,
        time: TimeSource = .system,
        sink: (@Sendable (UnsafeBufferPointer<UInt8>) -> Void)? = nil
    ) {
        self.logsRequests = logsRequests
        self.time = time
        self.sink = sink
    }

    /// Writes one line: time, level, message.
    package func write(_ level: Level, _ message: String) {
        write(level) { $0.append(text: message) }
    }

    /// Writes one line: time, level, and the message that is appended.
    package func write(_ level: Level, _ append: (inout [UInt8]) -> Void) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        appendLine(level, to: &line, append)
        line.withUnsafeBufferPointer { write($0) }
    }

    /// Writes whole lines in one go.
    func write(_ lines: UnsafeBufferPointer<UInt8>) {
        if let sink { return sink(lines) }
        _ = Glibc.write(STDERR_FILENO, lines.baseAddress, lines.count)
    }

    /// Appends one line: time, level, and the message that is appended.
    func appendLine(
        _ level: Level,
        to line: inout [UInt8],
        _ append: (inout [UInt8]) -> Void
    ) {
        Timestamp.append(milliseconds: time.wallMilliseconds, into: &line)
        line.append(literal: " ")
        line.append(text: level.rawValue)
        line.append(literal: " ")
        let start = line.count
        append(&line)
        Self.makePlain(&line, from: start)
        line.append(literal: "\n")
    }

    /// Text from clients and upstreams must not forge a line of its own, nor control a terminal.
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
