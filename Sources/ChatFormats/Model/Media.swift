package import Wire

/// What HTTP says of a dialect's streams, and what the readers of their media type expect.
///
/// One object for all streams of a dialect, so it is never copied.
package final class Media: Sendable {
    /// Whether its events have ids, with which a client may come back.
    package enum IDs: Sendable {
        case always
        /// Only for clients that read event streams as the standard says.
        ///
        /// Pages that read with `fetch` take everything before an empty line for `data:` and its
        /// value; they cannot come back with an id either.
        case forEventSources
        /// The format has no place for ids.
        case never
    }

    /// What the end of a stream means.
    package enum Closing: Sendable {
        /// All was sent: words before it have said how the answer ended.
        case afterWords
        /// The answer is complete: the format has no words for an ending, so any other answer is
        /// cut.
        case complete
    }

    /// The head of every stream: neither caches nor proxies may keep or change it.
    package let head: HeaderBlock
    /// Whether its events have ids.
    package let ids: IDs
    /// What the end of a stream means.
    package let closing: Closing
    private let silence: @Sendable (FrameContext, inout [UInt8]) -> Void
    /// Appends the client's place among those who wait for the upstream.
    ///
    /// It is not an entry and has no id. Nil where the format has no words for it.
    package let place: (@Sendable (Int, inout [UInt8]) -> Void)?

    /// Describes a media type.
    ///
    /// - Parameters:
    ///   - contentType: with the character set where the type has one. It may be implied, but
    ///     libraries that read text of any kind assume Latin-1 without it.
    ///   - ids: whether its events have ids.
    ///   - closing: what the end of a stream means.
    ///   - place: appends a place in the queue; nil for nothing.
    ///   - silence: appends what keeps a silent stream alive; it is not an entry and has no id.
    init(
        _ contentType: String,
        ids: IDs,
        closing: Closing = .afterWords,
        place: (@Sendable (Int, inout [UInt8]) -> Void)? = nil,
        silence: @escaping @Sendable (FrameContext, inout [UInt8]) -> Void
    ) {
        // With `no-cache` alone a browser would store the stream without use, and its cache makes
        // other requests for the same address wait while it stores.
        head = HeaderBlock([
            "Content-Type": contentType,
            "Cache-Control": "no-store, no-cache, no-transform",
            "X-Accel-Buffering": "no",
        ])
        self.ids = ids
        self.closing = closing
        self.silence = silence
        self.place = place
    }

    /// Appends what keeps a silent stream alive; it is not an entry, has no id, and may be nothing.
    package func appendSilence(_ context: FrameContext, into out: inout [UInt8]) {
        silence(context, &out)
    }

    /// Whether the stream of an ended log ends as the protocol below prescribes; otherwise it must
    /// be cut, so that no client takes it for whole.
    package func endsInOrder(_ log: borrowing EntryLog) -> Bool {
        switch closing {
        case .afterWords: true
        case .complete: log.ending == .complete
        }
    }
}

extension Media {
    /// The media type of event streams.
    ///
    /// - Parameters:
    ///   - ids: whether its events have ids.
    ///   - emptyData: an event whose data adds nothing, for clients without ids; nil where none is
    ///     needed. A page that takes everything before an empty line for `data:` and its value
    ///     would take a comment for part of that.
    ///   - place: appends a place in the queue; nil for nothing.
    /// - Returns: the type; a comment fills silence where there is no `emptyData`.
    static func eventStream(
        ids: IDs,
        emptyData: (@Sendable (FrameContext, inout [UInt8]) -> Void)? = nil,
        place: (@Sendable (Int, inout [UInt8]) -> Void)? = nil
    ) -> Media {
        Media("text/event-stream; charset=utf-8", ids: ids, place: place) { context, out in
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
