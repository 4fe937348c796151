import Wire

extension Dialect {
    /// The answer's text alone, for `curl` and pipes.
    ///
    /// It has no words for anything else: the way the stream ends says how the answer ended, and
    /// silence stays silent.
    package static let plain = Dialect(
        name: "plain",
        media: Media("text/plain; charset=utf-8", ids: .never, closing: .complete) { _, _ in }
    ) { _ in PlainWriter() }
}

/// The text as the model sent it.
struct PlainWriter: EntryWriter {
    func append(
        _ frame: Frame,
        _ payload: Span<UInt8>,
        of log: [UInt8],
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        switch frame.kind {
        case .text, .refusal: out.append(span: payload)
        case .start, .reasoning, .toolCall, .usage, .finish, .failure, .members, .restart: break
        }
    }
}
