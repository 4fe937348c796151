import Wire

extension ErrorShape {
    /// Ollama's, whose clients look for a text (ollama/docs/api.md).
    package static let ollama = ErrorShape { words, out in
        out.append(literal: "{\"error\":")
        JSONText.appendString(words.message, into: &out)
        out.append(literal: "}\n")
    }
}
