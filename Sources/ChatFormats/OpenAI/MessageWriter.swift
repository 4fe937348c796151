import Wire

/// Writes the messages of a request in OpenAI's form, for upstreams and for records.
package enum MessageWriter {
    /// Appends all messages as a JSON array, the system instructions first.
    package static func append(_ request: ChatRequest, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        var isFirst = true
        if let system = request.system {
            append(ChatRequest.Message(role: .system, text: system), into: &out)
            isFirst = false
        }
        for message in request.messages {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            append(message, into: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private static func append(_ message: ChatRequest.Message, into out: inout [UInt8]) {
        if let original = message.original { return original.write(into: &out) }
        out.append(literal: "{\"role\":")
        JSONText.appendString(message.role.rawValue, into: &out)
        out.append(literal: ",\"content\":")
        JSONText.appendString(message.text, into: &out)
        out.append(UInt8(ascii: "}"))
    }
}
