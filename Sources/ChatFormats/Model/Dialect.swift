import Wire

/// How entries are written for a client.
///
/// Each is defined in the folder of its protocol. It is one word, since it is passed on often.
package struct Dialect: Sendable {
    /// Appends the whole text so far, which replaces what the client has.
    ///
    /// - Parameters:
    ///   - n: the number of the one entry that holds all of it; nil where there is none.
    ///   - log: the log whose last entry the client gets next.
    ///   - context: the same for all frames.
    ///   - out: the bytes that are appended to.
    typealias Restoration =
        @Sendable (
            _ n: Int?,
            _ log: borrowing EntryLog,
            _ context: FrameContext,
            _ out: inout [UInt8]
        ) -> Void

    private final class Definition: Sendable {
        let name: String
        let media: Media
        let errorShape: ErrorShape?
        let restoration: Restoration?
        let maker: @Sendable (FrameContext) -> any FrameWriter

        init(
            _ name: String,
            _ media: Media,
            _ errorShape: ErrorShape?,
            _ restoration: Restoration?,
            _ maker: @escaping @Sendable (FrameContext) -> any FrameWriter
        ) {
            self.name = name
            self.media = media
            self.errorShape = errorShape
            self.restoration = restoration
            self.maker = maker
        }
    }

    private let definition: Definition

    /// Defines a dialect.
    ///
    /// - Parameters:
    ///   - name: its value in `?format=`.
    ///   - media: what HTTP says of its streams.
    ///   - errorShape: how an error is written where no stream has begun.
    ///   - restoration: nil where it cannot replace the text that a client has.
    ///   - maker: makes the writer of one log for one client.
    init(
        name: String,
        media: Media,
        errorShape: ErrorShape? = nil,
        restoration: Restoration? = nil,
        maker: @escaping @Sendable (FrameContext) -> any FrameWriter
    ) {
        definition = Definition(name, media, errorShape, restoration, maker)
    }

    /// Its value in `?format=`.
    package var name: String { definition.name }

    /// What HTTP says of its streams.
    package var media: Media { definition.media }

    /// How an error is written where no stream has begun; nil for the server's own form.
    package var errorShape: ErrorShape? { definition.errorShape }

    /// Makes the writer of a log for one client, from any entry on.
    package func makeWriter(_ context: FrameContext) -> any FrameWriter {
        definition.maker(context)
    }

    /// Whether it can replace the text that a client has.
    package var restores: Bool { definition.restoration != nil }

    /// Appends the whole text so far, which replaces what the client has; appends nothing where the
    /// dialect cannot say that.
    ///
    /// - Parameters:
    ///   - n: the number of the one entry that holds all of it; nil where there is none.
    ///   - log: the log whose last entry the client gets next.
    ///   - context: the same for all frames.
    ///   - out: the bytes that are appended to.
    package func appendRestored(
        _ n: Int?,
        of log: borrowing EntryLog,
        _ context: FrameContext,
        into out: inout [UInt8]
    ) {
        definition.restoration?(n, log, context, &out)
    }
}

extension Dialect {
    /// The dialects that a client can choose.
    package static let all: [Dialect] = [
        .events, .text, .tokens, .content, .openai, .ndjson, .plain,
    ]

    /// The dialect with this name; nil where there is none.
    package static func named(_ name: String) -> Dialect? { all.first { equals($0.name, name) } }
}

extension Dialect: Hashable, CustomStringConvertible {
    /// Compares names alone: no two dialects share one.
    package static func == (one: Dialect, other: Dialect) -> Bool { one.name == other.name }

    /// Hashes its name, which no other dialect has.
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Its name.
    package var description: String { name }
}
