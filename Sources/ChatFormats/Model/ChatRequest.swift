package import Wire

/// What a client asks for, in whatever protocol.
///
/// Each protocol's folder has the code that reads and writes it; no other code parses a chat body.
package struct ChatRequest: Sendable, Equatable {
    /// The role in which a message is said.
    package enum Role: String, Sendable, CaseIterable {
        case system, developer, user, assistant, tool
    }

    /// One turn of the conversation.
    package struct Message: Sendable, Equatable {
        /// Who says it.
        package var role: Role
        /// Its text: a string content as it is, or the text parts of an array joined.
        package var text: String
        /// The whole message as the client sent it, if it holds more than a role and a string
        /// content.
        ///
        /// Images, tool calls and members that only a vendor knows would be lost in `text`.
        package var original: JSON?
        /// Members with what the model thought before it, as a record has them.
        ///
        /// Anthropic wants them back; others refuse members that they do not know.
        package var thought: [JSON.Member] = []

        /// Makes a message.
        package init(role: Role, text: String, original: JSON? = nil) {
            self.role = role
            self.text = text
            self.original = original
        }
    }

    /// The turns so far, the newest last.
    package var messages: [Message]
    /// Instructions that go before all messages; relay bodies only.
    package var system: String?
    /// The model's name as the client gave it.
    package var model: String?
    /// A number, written as the client wrote it.
    package var temperature: String?
    /// A number, written as the client wrote it.
    package var topP: String?
    /// The bound on the answer's tokens.
    package var maxTokens: Int?
    /// Strings at which the answer ends.
    package var stop: [String] = []
    /// Whether the client gave one such string, and no array.
    package var stopIsText = false
    /// The conversation that this request continues.
    package var conversation: String?
    /// The user who asks, as the client names them.
    package var user: String?
    /// The client's own name for this stream, under which it may come back.
    package var id: String?
    /// Whether the answer is wanted as a stream.
    package var stream = true
    /// Whether an OpenAI client asked for the usage chunk.
    package var includesUsage = false
    /// The dialect that the client named; `Dialect.named` knows whether there is one.
    package var format: String?
    /// What happens when the client leaves, as the client wrote it.
    package var onDisconnect: String?
    /// In which steps the client wants what comes, as it wrote them.
    package var smooth: String?
    /// Members that go to the upstream unchanged, after all others.
    package var extra: [JSON.Member] = []

    /// How much text it has: instructions, messages, and calls of tools in them.
    ///
    /// Pictures are left out: they cost tokens by their size on a screen and not in bytes.
    package var textBytes: Int {
        messages.reduce(system?.utf8.count ?? 0) { sum, message in
            var calls: [UInt8] = []
            message.original?["tool_calls"]?.write(into: &calls)
            return sum + message.text.utf8.count + calls.count
        }
    }

    /// Whether the client knows calls of tools only in their first form, `function_call`.
    package var usesFunctions: Bool {
        extra.contains { equals($0.key, "functions") }
            && !extra.contains { equals($0.key, "tools") }
    }

    /// Makes a request of messages alone.
    package init(messages: [Message]) {
        self.messages = messages
    }
}

/// The bounds on what a chat request may hold.
enum ChatRequestLimits {
    /// Bytes of a conversation, user or stream id: they become keys and log fields.
    static let maxIdentifierBytes = 256
    /// Bytes of a model's name; the simulator's carries its whole behaviour.
    static let maxModelBytes = 16 * 1024
}
