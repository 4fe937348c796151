import Wire

/// What a frame says beside its entry: the same for all frames that one client gets.
///
/// A class, because it is passed with every piece, and a reference is one word.
package final class FrameContext: Sendable {
    /// The generation's id, the first half of each event's id.
    package let generation: String
    /// The id line of each event up to its number; the same for all, so it is written once.
    let idPrefix: [UInt8]
    /// The model that answers, by the name that the client is shown.
    package let model: String
    /// When the generation began, in seconds since 1970.
    package let created: Int
    /// What the answer cost, where the log has no usage entry for it.
    package let usage: Usage?
    /// Whether an OpenAI client asked for the usage chunk.
    package let wantsUsage: Bool
    /// Whether an OpenAI client knows calls of tools only as `function_call`, since it sent
    /// `functions`.
    package let usesFunctions: Bool
    /// How long a browser waits before it reconnects; a writer of events sends it once.
    package let retryMilliseconds: Int?
    /// Whether blocks carry ids.
    ///
    /// Pages that read with `fetch` get none: they take everything before an empty line for `data:`
    /// and its value, and they cannot come back with an id either.
    package let hasIDs: Bool
    /// Whether OpenAI's objects carry their text as `content` beside `choices` too.
    ///
    /// For pages that name no model, as OpenAI's own clients must, and read only `content`.
    package let repeatsContent: Bool
    /// How much text, with its escapes, fits in a line of JSON.
    let textBytes: Int

    /// Makes a context.
    package init(
        generation: String,
        model: String,
        created: Int,
        usage: Usage? = nil,
        wantsUsage: Bool = false,
        usesFunctions: Bool = false,
        retryMilliseconds: Int? = nil,
        hasIDs: Bool = true,
        repeatsContent: Bool = false,
        idMark: String = ""
    ) {
        self.generation = generation
        var prefix: [UInt8] = []
        if hasIDs {
            prefix.reserveCapacity(generation.utf8.count + 8)
            prefix.append(literal: Self.idName)
            prefix.append(text: generation)
            prefix.append(UInt8(ascii: "."))
            if !idMark.isEmpty { prefix.append(text: idMark) }
        }
        idPrefix = prefix
        self.model = model
        self.created = created
        self.usage = usage
        self.wantsUsage = wantsUsage
        self.usesFunctions = usesFunctions
        self.retryMilliseconds = retryMilliseconds
        self.hasIDs = hasIDs
        self.repeatsContent = repeatsContent
        // What is around the text, and a model's name, which may be long.
        let room = TextLine.maxBytes - 1024 - 6 * model.utf8.count - 6 * generation.utf8.count
        textBytes = max(1024, repeatsContent ? room / 2 : room)
    }

    /// The `finish_reason` for an ending, in the words of what the client asked with.
    func finishReason(_ ending: Ending) -> StaticString {
        ending == .toolCalls && usesFunctions ? "function_call" : ending.openAIFinishReason
    }

    /// Appends what the answer cost, from the context or from the log.
    ///
    /// - Returns: `false` where nobody counted; nothing is appended then.
    func appendUsage(_ frame: Frame, of log: [UInt8], into out: inout [UInt8]) -> Bool {
        if let usage {
            usage.append(into: &out)
            return true
        }
        guard let range = frame.usage else { return false }
        out.append(contentsOf: log[range])
        return true
    }

    /// Appends an event's id, without its number, as it goes between the quotes of a JSON string.
    ///
    /// The id of a record is written as its file has it.
    func appendIDPrefix(into out: inout [UInt8]) {
        let prefix = idPrefix
        JSONText.appendEscaped(prefix.span.extracting(Self.idName.utf8CodeUnitCount...), into: &out)
    }

    private static let idName: StaticString = "id: "
}
