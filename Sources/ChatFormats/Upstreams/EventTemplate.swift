import Wire

/// What two tokens' events of one answer share: all bytes except the text itself.
///
/// A token's event is about three hundred bytes, of which a few are new. Where everything around
/// the text is byte for byte the same as in the event before, it means the same, so it is compared
/// and neither parsed nor copied: a tenth of the work. Anything else, such as a finish reason,
/// usage or a tool call, differs around the text and is parsed in full.
struct EventTemplate {
    /// An event that was parsed in full, from the beginning of its first line to the end of its
    /// empty line.
    private var event: [UInt8] = []
    /// Where its text is, quotes included; empty while there is no template.
    private var text = 0..<0
    /// The kind of the text's entry.
    private var kind = EntryKind.text

    /// Longer events are not kept: they are seldom tokens.
    private static let maxEventBytes = 4096

    /// Takes an event as the template for those that follow.
    ///
    /// - Parameters:
    ///   - event: its bytes in the stream; it has added this one string to the log and nothing
    ///     else.
    ///   - data: the content of its data lines.
    ///   - start: where in the data the string's opening quote is.
    ///   - kind: the kind of the string's entry.
    mutating func learn(
        _ event: Span<UInt8>,
        data: Span<UInt8>,
        stringAt start: Int,
        _ kind: EntryKind
    ) {
        forget()
        // Only one data line that ends the event is learned; all else is too rare.
        let end = event.count - 2
        let begin = end - data.count
        guard
            event.count <= Self.maxEventBytes, begin >= 0,
            event[end] == UInt8(ascii: "\n"), event[end + 1] == UInt8(ascii: "\n"),
            equals(event.extracting(begin..<end), data), Self.isDataLine(event, upTo: begin)
        else { return }
        var reader = JSONReader(position: begin + start)
        do throws(JSONError) { try reader.skip(event) } catch { return }
        self.event.append(span: event)
        text = (begin + start)..<reader.position
        self.kind = kind
    }

    /// Whether the value of a data line begins here, and not a comment with the same text.
    private static func isDataLine(_ event: Span<UInt8>, upTo begin: Int) -> Bool {
        for name in ["data: ", "data:"] as [StaticString] {
            let start = begin - name.utf8CodeUnitCount
            guard start >= 0, equals(event.extracting(start..<begin), name) else { continue }
            return start == 0 || event[start - 1] == UInt8(ascii: "\n")
        }
        return false
    }

    /// Forgets what was learned: the next event is parsed in full.
    mutating func forget() {
        event.removeAll(keepingCapacity: true)
        text = 0..<0
    }

    /// Reads an event that differs from the template in its text alone.
    ///
    /// - Parameters:
    ///   - bytes: the stream.
    ///   - offset: where the event begins; moves to after it.
    ///   - limit: how long a line may be.
    ///   - log: gets the text.
    /// - Returns: `false`, with nothing changed, where it differs in more, is not there whole, or
    ///   where the text is empty, which may mean something else.
    func read(
        _ bytes: Span<UInt8>,
        from offset: inout Int,
        upTo limit: Int,
        into log: inout EntryLog
    ) -> Bool {
        let start = offset + text.lowerBound
        let tail = event.count - text.upperBound
        guard !text.isEmpty, bytes.count - start > tail + 2 else { return false }
        let event = event.span
        guard
            equals(bytes.extracting(offset..<start), event.extracting(..<text.lowerBound)),
            bytes[start] == UInt8(ascii: "\""), bytes[start + 1] != UInt8(ascii: "\"")
        else { return false }
        let mark = log.mark
        var reader = JSONReader(position: start)
        do throws(JSONError) {
            try reader.readString(bytes, into: &log.bytes)
        } catch {
            // Cut or broken: parsing it in full says which, and where.
            log.rollBack(to: mark)
            return false
        }
        let end = reader.position + tail
        guard
            end <= bytes.count, end - offset <= limit,
            equals(bytes.extracting(reader.position..<end), event.extracting(text.upperBound...))
        else {
            log.rollBack(to: mark)
            return false
        }
        log.seal(kind)
        offset = end
        return true
    }
}
