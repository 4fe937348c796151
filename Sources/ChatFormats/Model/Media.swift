package import Wire

/// What a dialect's streams are as HTTP and the readers of its type know it.
///
/// One for all streams of a dialect, and never copied.
package final class Media: Sendable {
    /// Whether its events have ids, with which a client may come back.
    package enum IDs: Sendable {
        case always
        /// Only for clients that read event streams as the standard says.
        ///
        /// Pages that read with `fetch` take all that comes before an empty line for `data:` and
        /// its value; they cannot come back with an id either.
        case forEventSources
        /// It has no place for them.
        case never
    }

    /// What the end of a stream says.
    package enum Closing: Sendable {
        /// That all was sent: how the answer ended was said in words.
        case afterWords
        /// That the answer is complete; there are no words, and any other answer is cut.
        case complete
    }

    /// What every stream's head says: neither caches nor proxies may keep or change it.
    package let head: HeaderBlock
    /// Whether its events have ids.
    package let ids: IDs
    /// What the end of a stream says.
    package let closing: Closing
    private let silence: @Sendable (FrameContext, inout [UInt8]) -> Void

    /// Describes a type.
    ///
    /// - Parameters:
    ///   - contentType: with the character set where the type has one: it may be implied, but
    ///     libraries that read text of any kind take Latin-1 without it.
    ///   - ids: whether its events have ids.
    ///   - closing: what the end of a stream says.
    ///   - silence: appends what keeps a silent stream alive; it is no entry and has no id.
    init(
        _ contentType: String,
        ids: IDs,
        closing: Closing = .afterWords,
        silence: @escaping @Sendable (FrameContext, inout [UInt8]) -> Void
    ) {
        // What may not be used again without asking need not be stored either: a browser's cache
        // lets requests for one address wait for each other while it stores.
        head = HeaderBlock([
            "Content-Type": contentType,
            "Cache-Control": "no-store, no-cache, no-transform",
            "X-Accel-Buffering": "no",
        ])
        self.ids = ids
        self.closing = closing
        self.silence = silence
    }

    /// Appends what keeps a silent stream alive; it is no entry and has no id, and may be nothing.
    package func appendSilence(_ context: FrameContext, into out: inout [UInt8]) {
        silence(context, &out)
    }

    /// Whether the stream of an ended log ends as the protocol below says; else it must be cut, so
    /// that no client takes it for whole.
    package func endsInOrder(_ log: borrowing EntryLog) -> Bool {
        switch closing {
        case .afterWords: true
        case .complete: log.ending == .complete
        }
    }
}

extension Media {
    /// The type of event streams.
    ///
    /// - Parameters:
    ///   - ids: whether its events have ids.
    ///   - emptyData: an event whose data adds nothing, for clients without ids; nil where one is
    ///     not needed. A page that takes all that comes before an empty line for `data:` and its
    ///     value would take a comment for a part of that.
    /// - Returns: the type, with a comment for silence otherwise.
    static func eventStream(
        ids: IDs,
        emptyData: (@Sendable (FrameContext, inout [UInt8]) -> Void)? = nil
    ) -> Media {
        Media("text/event-stream; charset=utf-8", ids: ids) { context, out in
            if !context.hasIDs, let emptyData { return emptyData(context, &out) }
            appendComment(into: &out)
        }
    }

    /// Appends a comment with one line end: after a second one, clients that remember an id would
    /// see an empty event.
    static func appendComment(into out: inout [UInt8]) {
        EventWriter.appendComment("keep-alive", into: &out)
    }
}
