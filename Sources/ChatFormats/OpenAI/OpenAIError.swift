import Wire

extension ErrorShape {
    /// OpenAI's: its clients look for `param` too.
    static let openAI = ErrorShape { type, message, code, out in
        out.append(literal: "{\"error\":{\"type\":")
        JSONText.appendString(type, into: &out)
        out.append(literal: ",\"message\":")
        JSONText.appendString(message, into: &out)
        out.append(literal: ",\"code\":")
        JSONText.appendStringOrNull(code, into: &out)
        out.append(literal: ",\"param\":null}}\n")
    }
}
