package import Wire

/// What a client asks for, whatever protocol it asked in.
///
/// Each protocol's folder has what fills it and what writes it; nobody else parses a chat body.
package struct ChatRequest: Sendable, Equatable {
    /// Who says a message.
    package enum Role: String, Sendable, CaseIterable {
        case system, developer, user, assistant, tool
    }

    /// One turn of the conversation.
    package struct Message: Sendable, Equatable {
        /// Who says it.
        package var role: Role
        /// Its text: a string content as it is, or the text parts of an array joined.
        package var text: String
        /// The whole message as it stood, where it holds more than a role and a string content.
        ///
        /// Images, tool calls and members that only a vendor knows would be lost in `text`.
        package var original: JSON?

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
    /// A number from 0 to 2, written as the client wrote it.
    package var temperature: String?
    /// A number from 0 to 1, written as the client wrote it.
    package var topP: String?
    /// The bound on the answer's tokens.
    package var maxTokens: Int?
    /// Strings at which the answer ends, four at most.
    package var stop: [String] = []
    /// The conversation that this request continues.
    package var conversation: String?
    /// Who asks, in the client's own words.
    package var user: String?
    /// The client's own name for this stream, with which it may come back.
    package var id: String?
    /// Whether the answer is wanted as a stream.
    package var stream = true
    /// Whether an OpenAI client asked for the usage chunk.
    package var includesUsage = false
    /// The dialect that the client named; `Dialect.named` knows whether there is one.
    package var format: String?
    /// What is to happen when the client leaves, as it stood.
    package var onDisconnect: String?
    /// Members that go to the upstream as they stand, after all others.
    package var extra: [JSON.Member] = []

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
    /// As many stop strings as OpenAI takes.
    static let maxStopCount = 4
}
