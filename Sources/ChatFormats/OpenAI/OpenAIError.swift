import Wire

extension ErrorShape {
    /// OpenAI's: its clients look for `param` too.
    package static let openAI = ErrorShape { words, out in
        out.append(literal: "{\"error\":{\"type\":")
        JSONText.appendString(words.type, into: &out)
        out.append(literal: ",\"message\":")
        JSONText.appendString(words.message, into: &out)
        out.append(literal: ",\"code\":")
        out += words.code
        out.append(literal: ",\"param\":")
        JSONText.appendStringOrNull(words.param, into: &out)
        out += words.more
        out.append(literal: "}}\n")
    }
}
