package import Wire

extension ChatRequest {
    /// Reads the query of `GET /chat/stream?prompt=…`, which is all that an `EventSource` can send.
    ///
    /// Names that are not ours are left to other layers. An empty value counts as absent, because
    /// an HTML form sends every input, even an empty one; an empty prompt stays an error.
    package init(query: QueryItems) throws(ChatRequestError) {
        self.init(messages: [])
        messages = [Message(role: .user, text: try Self.prompt(query))]
        system = Self.text(query, "system")
        model = try Self.value(query, "model", FieldReader.model)
        temperature = try Self.number(query, "temperature")
        topP = try Self.number(query, "top_p")
        if let text = Self.text(query, "max_tokens") {
            maxTokens = try FieldReader.wholeNumber(Self.literal(text), "max_tokens")
        }
        stop = query.all("stop").filter { !$0.isEmpty }
        conversation = try Self.identifier(query, "conversation")
        user = try Self.identifier(query, "user")
        id = try Self.identifier(query, "id")
        if id == nil { id = try Self.stream(query) }
        format = Self.text(query, "format")
        onDisconnect = Self.text(query, "on_disconnect")
    }

    private static func prompt(_ query: QueryItems) throws(ChatRequestError) -> String {
        switch (query["prompt"], query["message"]) {
        case (nil, nil): throw .noPrompt
        case (_?, _?): throw .conflict(name: "prompt", other: "message")
        case (let text?, nil): return try FieldReader.prompt(.string(text), "prompt")
        case (nil, let text?): return try FieldReader.prompt(.string(text), "message")
        }
    }

    private static func text(_ query: QueryItems, _ name: String) -> String? {
        guard let text = query[name], !text.isEmpty else { return nil }
        return text
    }

    private static func value(
        _ query: QueryItems,
        _ name: String,
        _ read: (JSON, String) throws(ChatRequestError) -> String
    ) throws(ChatRequestError) -> String? {
        guard let text = text(query, name) else { return nil }
        return try read(.string(text), name)
    }

    private static func identifier(
        _ query: QueryItems,
        _ name: String
    ) throws(ChatRequestError) -> String? {
        guard let text = text(query, name) else { return nil }
        return try FieldReader.identifier(.string(text), name)
    }

    private static func stream(_ query: QueryItems) throws(ChatRequestError) -> String? {
        let name = try identifier(query, "stream")
        // It means what it means in OpenAI's body; as a name it would be the same for all
        // questions.
        return name == "true" || name == "1" ? nil : name
    }

    private static func number(
        _ query: QueryItems,
        _ name: String
    ) throws(ChatRequestError) -> String? {
        guard let text = text(query, name) else { return nil }
        return try FieldReader.number(literal(text), name)
    }

    /// A number where the text is one as JSON writes it, else the text as a string.
    ///
    /// The number goes into the upstream's JSON unchanged, so only JSON's grammar will do.
    private static func literal(_ text: String) -> JSON {
        let bytes = Array(text.utf8)
        do throws(JSONError) {
            let value = try JSON.parse(bytes.span)
            if case .number = value { return value }
        } catch {
            return .string(text)
        }
        return .string(text)
    }
}
