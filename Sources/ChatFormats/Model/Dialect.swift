import Wire

/// How entries are written for a client.
///
/// Each is defined in the folder of its protocol. It is one word, for it is handed over often.
package struct Dialect: Sendable {
    /// Appends the whole text so far, which takes the place of what the client has.
    ///
    /// - Parameters:
    ///   - n: the number of the entry that is all of it; nil where there is none.
    ///   - log: whose last entry the client gets next.
    ///   - context: of all frames.
    ///   - out: what it is appended to.
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

    /// Defines one.
    ///
    /// - Parameters:
    ///   - name: the word of `?format=`.
    ///   - media: what its streams are as HTTP knows it.
    ///   - errorShape: how an error is written where no stream has begun.
    ///   - restoration: nil where it has no words for a text that takes the place of another.
    ///   - maker: makes what writes a log for one client.
    init(
        name: String,
        media: Media,
        errorShape: ErrorShape? = nil,
        restoration: Restoration? = nil,
        maker: @escaping @Sendable (FrameContext) -> any FrameWriter
    ) {
        definition = Definition(name, media, errorShape, restoration, maker)
    }

    /// The word of `?format=`.
    package var name: String { definition.name }

    /// What its streams are as HTTP knows it.
    package var media: Media { definition.media }

    /// How an error is written where no stream has begun; nil for the server's own way.
    package var errorShape: ErrorShape? { definition.errorShape }

    /// Makes what writes a log for one client, from any entry on.
    package func makeWriter(_ context: FrameContext) -> any FrameWriter {
        definition.maker(context)
    }

    /// Whether it has words for a text that takes the place of what the client has.
    package var restores: Bool { definition.restoration != nil }

    /// Appends the whole text so far, which takes the place of what the client has; nothing where
    /// it has no words for it.
    ///
    /// - Parameters:
    ///   - n: the number of the entry that is all of it; nil where there is none.
    ///   - log: whose last entry the client gets next.
    ///   - context: of all frames.
    ///   - out: what it is appended to.
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
    /// Those that a client can choose.
    package static let all: [Dialect] = [
        .events, .text, .tokens, .content, .openai, .ndjson, .plain,
    ]

    /// The one of a name.
    package static func named(_ name: String) -> Dialect? { all.first { equals($0.name, name) } }
}

extension Dialect: Hashable, CustomStringConvertible {
    /// Whether they are one: no two have the same name.
    package static func == (one: Dialect, other: Dialect) -> Bool { one.name == other.name }

    /// Its name stands for it.
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Its name.
    package var description: String { name }
}
