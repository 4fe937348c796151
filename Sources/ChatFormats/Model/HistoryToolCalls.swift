import Wire

/// The tool calls of an answer, put together from their pieces.
extension EntryLog {
    /// Appends a JSON array in the shape of OpenAI's `message.tool_calls`.
    package func appendToolCalls(into out: inout [UInt8]) {
        ToolCalls(self).json.write(into: &out)
    }
}
