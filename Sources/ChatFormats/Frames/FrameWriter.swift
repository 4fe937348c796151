import Wire

/// Writes the entries of one log for one client, in order and in pieces.
///
/// It is called once per piece, not once per entry, so that no token pays for the dynamic call. It
/// may begin at any entry: what that depends on is in the log, which knows the block of each entry,
/// and not in the entries before.
package protocol FrameWriter {
    /// Appends what the dialect says for entries, which may be nothing.
    ///
    /// The last event of an entry's frame carries the id `<generation>.<n>`, so a client that lost
    /// the connection within a frame gets the whole frame again.
    ///
    /// - Parameters:
    ///   - entries: their numbers; each later call begins where the one before ended.
    ///   - log: the log that holds them.
    ///   - context: the same for all frames, and in each call.
    ///   - maxBytes: no further frame is begun once this much was appended.
    ///   - out: the bytes that are appended to.
    /// - Returns: the number of the first entry that was not written whole. It may be the first of
    ///   `entries`: a writer that repeats a long text writes it in pieces, from the log.
    mutating func write(
        _ entries: Range<Int>,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        upTo maxBytes: Int,
        into out: inout [UInt8]
    ) -> Int
}

/// A writer that writes each entry by itself.
protocol EntryWriter: FrameWriter {
    /// Appends one entry in the dialect's form.
    ///
    /// - Parameters:
    ///   - frame: the entry.
    ///   - payload: its payload.
    ///   - log: the bytes of all entries.
    ///   - context: the same for all frames.
    ///   - out: the bytes that are appended to.
    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    )

    /// Takes from the log what came before the entries that are written next.
    ///
    /// It is called for each piece, not for each entry.
    mutating func look(at log: borrowing EntryLog, from n: Int)
}

extension EntryWriter {
    mutating func look(at log: borrowing EntryLog, from n: Int) {}

    mutating func write(
        _ entries: Range<Int>,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        upTo maxBytes: Int,
        into out: inout [UInt8]
    ) -> Int {
        look(at: log, from: entries.lowerBound)
        let bytes = log.bytes
        let start = out.count
        var n = entries.lowerBound
        while n < entries.upperBound, out.count - start < maxBytes {
            let kind = log.kind(n)
            var frame = Frame(kind: kind, number: n, usage: nil)
            if kind.isTerminal {
                frame.usage = log.usageRange
                frame.unshown = log.members.unshown
            }
            append(frame, bytes.span.extracting(log.range(n)), of: bytes, context, into: &out)
            n += 1
        }
        return n
    }
}

/// The entry that a frame is written for, without its payload.
struct Frame {
    let kind: EntryKind
    let number: Int
    /// Where in the log's bytes the usage is, once there is any.
    var usage: Range<Int>?
    /// What the answer has that is no text, once it has ended.
    var unshown: LogMembers.Unshown = []
}
