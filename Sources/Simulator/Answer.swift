import Wire

/// What the simulator says if the request does not name a text.
enum Answer {
    /// The text, in Markdown, with characters of two, three and four bytes.
    static let text = Array(
        """
        Hello! 👋 I am **not a language model**. I am the simulator that is built into \
        `sse-relay`, and I answer because no API key has been set. Everything else you see is \
        real: these words come over a real connection, one token at a time, the way a model's do.

        ## What happens here

        The relay stands between a chat page and a model. It takes your message over HTTP, asks \
        the model's streaming API, and hands each token on as a *Server‑Sent Event* the moment it \
        arrives:

        - every answer has an id – if the connection drops, the stream goes on where it stopped;
        - an answer ends with `[DONE]`, or says plainly why it does not;
        - the whole conversation is one line per answer in `history.jsonl`, whatever happened.

        You can watch the same stream in a terminal:

        ```sh
        curl -N localhost:8000/chat/stream -d '{"message":"hello"}'
        ```

        ## How to get a real model

        Write a key into the file `.env` and start the relay again – `OPENAI_API_KEY=…` or \
        `ANTHROPIC_API_KEY=…` is enough. For a model on your own machine, such as llama.cpp's \
        server, set `OPENAI_BASE_URL=http://127.0.0.1:8080/v1` instead.

        Until then I am glad to help with tests: I can be slow, fall silent, or break off in the \
        middle of a character like “ü” or 🚂. Viel Spaß!
        """.utf8
    )

    /// The reasoning before that text, if it is asked for.
    static let reasoning = Array(
        """
        The user wrote to a model, but there is only me. I should say so at once, explain what \
        the relay does, and how to put a real model in my place. \n
        """.utf8
    )

    /// The text of one answer, as tokens.
    ///
    /// Like a model, it says nothing of its own beside a call of the request's tools, and answers
    /// with JSON alone where the request asks for that.
    static func tokens(
        for behaviour: Behaviour,
        _ request: ModelRequest,
        calls: [ToolCall]
    ) -> TokenSource {
        var text: [UInt8] = []
        if let say = behaviour.say {
            text = Array(say.utf8)
        } else if behaviour.echoes {
            text = Array(request.prompt.utf8)
        } else if let schema = request.answerSchema, calls.isEmpty {
            SchemaSample.value(for: schema).write(into: &text)
        } else if calls.isEmpty || behaviour.tokens != nil {
            text = Self.text
        }
        guard let count = behaviour.tokens else { return TokenSource(text, limit: .max) }
        return TokenSource(repeating: text, count: count)
    }
}
