import Wire

/// A message of a conversation, as `GET /chat/conversations/{id}` shows it.
struct SpokenMessage: Equatable {
    /// Who speaks.
    let role: String
    /// What is said; empty while an answer runs.
    let text: String
    /// The answer's id; nil for a question.
    let id: String?
    /// How the answer ended, or `running`.
    let status: String?

    /// Reads a conversation.
    ///
    /// - Parameter body: the answer's.
    /// - Returns: its messages; nil where it is none.
    static func all(in body: [UInt8]) -> [SpokenMessage]? {
        (try? JSON.parse(body.span))?["messages"]?.arrayValue?.map { message in
            SpokenMessage(
                role: message["role"]?.stringValue ?? "",
                text: message["content"]?.stringValue ?? "",
                id: message["id"]?.stringValue,
                status: message["status"]?.stringValue
            )
        }
    }
}
