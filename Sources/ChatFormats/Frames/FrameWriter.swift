import Wire

/// Writes the entries of one log for one client, in order and in pieces.
///
/// It is asked once for a piece and not once for an entry: what is decided at run time is which
/// writer it is. It may begin at any entry; what that depends on is in the log, which knows the
/// block of each entry, and not in the entries before.
package protocol FrameWriter {
    /// Appends what the dialect says for entries, which may be nothing.
    ///
    /// The last event of an entry's frame carries the id `<generation>.<n>`, so a client that lost
    /// the connection within a frame gets the whole frame again.
    ///
    /// - Parameters:
    ///   - entries: their numbers; after the first call, each begins where the last one came to.
    ///   - log: has them.
    ///   - context: of all frames, the same in each call.
    ///   - maxBytes: no frame is begun where so much was appended.
    ///   - out: what it is appended to.
    /// - Returns: the number of the first entry that was not written whole. It may be the first one
    ///   of all: a writer that repeats a long text says it in pieces, from the log.
    mutating func write(
        _ entries: Range<Int>,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        upTo maxBytes: Int,
        into out: inout [UInt8]
    ) -> Int
}

/// A writer that says something for each entry by itself.
protocol EntryWriter: FrameWriter {
    /// Appends what it says for one entry.
    ///
    /// - Parameters:
    ///   - frame: the entry.
    ///   - payload: its payload.
    ///   - log: the bytes of all entries.
    ///   - context: of all frames.
    ///   - out: what it is appended to.
    mutating func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    )
}

extension EntryWriter {
    mutating func write(
        _ entries: Range<Int>,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        upTo maxBytes: Int,
        into out: inout [UInt8]
    ) -> Int {
        let bytes = log.bytes
        let start = out.count
        var n = entries.lowerBound
        while n < entries.upperBound, out.count - start < maxBytes {
            let kind = log.kind(n)
            let usage = kind == .finish ? log.usageRange : nil
            let frame = Frame(kind: kind, number: n, usage: usage)
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
    /// Where in the log's bytes the usage lies, once there is any.
    let usage: Range<Int>?
}
