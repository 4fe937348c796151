import Generations
import Glibc
package import Loop
package import Storage
package import Wire

/// Lines on stderr, or where else they are to go: for people, or for machines.
///
/// Lines are written whole, so that those of several loops never mix; `print` would hold them back
/// in a buffer of 4 KiB under systemd.
package struct Log: Sendable {
    /// How much a line matters.
    package enum Level: String, Sendable {
        case info, warning, error

        /// The priority of sd-daemon(3).
        var priority: StaticString {
            switch self {
            case .info: "<6>"
            case .warning: "<4>"
            case .error: "<3>"
            }
        }
    }

    /// How a line is written.
    package enum Format: String, Sendable, CaseIterable {
        /// Time, level, `name=value` for each field, and words.
        case text
        /// An object of JSON.
        case json
    }

    /// Whether each request gets a line.
    package var logsRequests: Bool
    private let time: TimeSource
    private let style: LogLine
    /// Takes whole lines; nil where they go to stderr.
    private let sink: (@Sendable (UnsafeBufferPointer<UInt8>) -> Void)?
    /// Takes the lines of requests; nil where they go where all others go.
    private var requests: LineFile?

    /// Creates a log.
    ///
    /// - Parameters:
    ///   - logsRequests: whether each request gets a line.
    ///   - format: how lines are written.
    ///   - hasPriorities: whether journald reads them.
    ///   - time: what the lines' time is by.
    ///   - sink: takes whole lines on any thread, valid only then; stderr where not given.
    package init(
        logsRequests: Bool = true,
        format: Format = .text,
        hasPriorities: Bool = false,
        time: TimeSource = .system,
        sink: (@Sendable (UnsafeBufferPointer<UInt8>) -> Void)? = nil
    ) {
        self.logsRequests = logsRequests
        self.time = time
        self.sink = sink
        style = LogLine(format: format, hasPriority: hasPriorities)
    }

    /// A log that writes the lines of requests into a file of their own.
    package func writingRequests(into file: LineFile) -> Log {
        var log = self
        log.requests = file
        return log
    }

    /// Writes one line: time, level, fields, words.
    package func write(_ level: Level, _ words: String, _ fields: LogFields = LogFields()) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        style.append(
            level,
            milliseconds: time.wallMilliseconds,
            fields,
            words.utf8.span,
            to: &line
        )
        line.withUnsafeBufferPointer { write($0) }
    }

    /// Writes a line that is about an answer.
    func write(_ level: Level, _ words: String, id: String) {
        write(level, words, LogFields("id", id))
    }

    /// Writes a line with a text that was asked or answered.
    func write(_ level: Level, _ words: String, id: String, _ text: ShownText) {
        var fields = LogFields("id", id)
        fields.add("text", String(decoding: text.bytes, as: UTF8.self))
        if text.rest > 0 { fields.add("more_bytes", text.rest) }
        write(level, words, fields)
    }

    private func write(_ lines: UnsafeBufferPointer<UInt8>) {
        if let sink { return sink(lines) }
        _ = Glibc.write(STDERR_FILENO, lines.baseAddress, lines.count)
    }

    // MARK: Requests

    /// Appends the line of a request, of which the fields say all.
    func append(_ visit: Visit, to lines: inout [UInt8]) {
        var style = LogLine(
            format: style.format,
            hasPriority: style.hasPriority && requests == nil
        )
        style.unnamed = visit.unnamedCount
        let now = time.wallMilliseconds
        style.append(.info, milliseconds: now, visit.fields, Span(), to: &lines)
    }

    /// Writes whole lines of requests in one go.
    func writeRequests(_ lines: UnsafeBufferPointer<UInt8>) {
        guard let requests else { return write(lines) }
        for line in lines.split(separator: UInt8(ascii: "\n")) { requests.append(Array(line)) }
    }
}
