import ChatFormats

extension Dialect {
    /// The dialects whose streams are event streams.
    static let eventStreams: [Dialect] = [.events, .text, .tokens, .content, .openai]

    /// Appends what a writer that begins there writes for one entry.
    func appendFrame(
        _ n: Int,
        of log: borrowing EntryLog,
        context: FrameContext,
        into out: inout [UInt8]
    ) {
        var writer = makeWriter(context)
        _ = writer.write(n..<n + 1, of: log, context, upTo: .max, into: &out)
    }
}
