import Wire

extension ErrorShape {
    /// Anthropic's (docs.anthropic.com/en/api/errors).
    package static let anthropic = ErrorShape { words, out in
        out.append(literal: "{\"type\":\"error\",\"error\":{\"type\":")
        JSONText.appendString(words.type, into: &out)
        out.append(literal: ",\"message\":")
        JSONText.appendString(words.message, into: &out)
        out += words.more
        out.append(literal: "}}\n")
    }
}
