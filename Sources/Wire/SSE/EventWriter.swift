/// Writes the lines of a `text/event-stream` (HTML §9.2.5).
///
/// An event is one or more lines and `endEvent`. Every block needs data, and no empty line follows
/// a comment: widely used clients take a block without data for an event and fail on it.
package enum EventWriter {
    /// Appends a data line for each line of `text`, so that all of it arrives.
    ///
    /// CR and CRLF arrive as LF, because the format cannot tell them apart. Empty text is one line.
    package static func appendData(_ text: Span<UInt8>, into output: inout [UInt8]) {
        var start = 0
        while true {
            let end = endOfLine(text, from: start)
            output.append(literal: "data: ")
            output.append(span: text.extracting(start..<end))
            output.append(UInt8(ascii: "\n"))
            guard end < text.count else { return }
            let next = end + 1
            let isCRLF =
                text[end] == UInt8(ascii: "\r") && next < text.count
                && text[next] == UInt8(ascii: "\n")
            start = isCRLF ? next + 1 : next
        }
    }

    /// Appends the empty line that ends an event.
    package static func endEvent(into output: inout [UInt8]) {
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends the type of the event.
    package static func appendName(_ name: StaticString, into output: inout [UInt8]) {
        output.append(literal: "event: ")
        output.append(literal: name)
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends the ID of the event.
    ///
    /// Line ends would begin another field and a NUL would void the ID, so neither is written.
    package static func appendID(_ id: Span<UInt8>, into output: inout [UInt8]) {
        output.append(literal: "id: ")
        for index in id.indices {
            switch id[index] {
            case 0, UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
            default: output.append(id[index])
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends the time after which the client should reconnect.
    package static func appendRetry(_ milliseconds: Int, into output: inout [UInt8]) {
        output.append(literal: "retry: ")
        output.append(decimal: max(0, milliseconds))
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends a comment, which keeps the connection alive and is no event for any client.
    ///
    /// It ends with one line feed. A second one would end a block.
    package static func appendComment(_ text: StaticString, into output: inout [UInt8]) {
        output.append(literal: ": ")
        output.append(literal: text)
        output.append(UInt8(ascii: "\n"))
    }
}
