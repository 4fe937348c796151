import ChatFormats
import Testing
import Wire

/// A call of a tool is one call with one number, one id, one type and one name, whatever its vendor
/// sends: in the stream, in a whole answer and in the history.
@Suite struct `Tool calls` {
    @Test(arguments: ToolCallShape.openAI)
    func `are the same in the stream, whole and in the history, at every cut`(
        shape: ToolCallShape
    ) throws {
        let events = shape.deltas.map { stream(#"{"choices":[{"index":0,"delta":\#($0)}]}"#) }
        let end = stream(#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]")
        let reading = readEveryWay(.openAI, events.joined() + end)
        #expect(reading.error == nil)
        #expect(reading.ending == (shape.calls.isEmpty ? .complete : .toolCalls))
        let pieces = reading.entries.map { String($0.dropFirst("toolCall:".count)) }
        try check(pieces, shape.calls)
    }

    private func check(_ pieces: [String], _ calls: [String]) throws {
        #expect(try accumulated(pieces) == (try calls.map(sorted)))
        var log = EntryLog()
        for piece in pieces { log.append(.toolCall, Array(piece.utf8).span) }
        let json = "[\(calls.joined(separator: ","))]"
        #expect(written { log.appendToolCalls(into: &$0) } == json)
        let context = FrameContext(generation: "0abc", model: "m", created: 7)
        log.appendFinish(.toolCalls, finishReason: "tool_calls")
        let completion = written { OpenAICompletion.append(log: log, context: context, into: &$0) }
        #expect(calls.isEmpty || completion.contains(#""tool_calls":\#(json)}"#))
    }

    /// What OpenAI's own client puts together: by number, and with texts joined.
    ///
    /// It needs id, type and name in the first piece, and joins them if they come again.
    private func accumulated(_ pieces: [String]) throws -> [[String: String]] {
        var calls: [[String: String]] = []
        for piece in pieces {
            let value = try json(piece)
            let index = try #require(value["index"]?.intValue)
            if index == calls.count {
                calls.append([:])
                #expect(value["id"]?.stringValue?.isEmpty == false)
                #expect(value["type"]?.stringValue?.isEmpty == false)
            }
            try #require(calls.indices.contains(index))
            add(value, "", to: &calls[index])
        }
        return calls
    }

    private func sorted(_ call: String) throws -> [String: String] {
        var members: [String: String] = [:]
        add(try json(call), "", to: &members)
        return members
    }

    private func add(_ value: JSON, _ path: String, to members: inout [String: String]) {
        if case .object(let inner) = value {
            for member in inner where path != "" || member.key != "index" {
                add(member.value, path + "." + member.key, to: &members)
            }
        } else {
            let text = value.stringValue ?? written { value.write(into: &$0) }
            members[path, default: ""] += text
        }
    }

    @Test func `are not completed where the answer was cut`() {
        let head = #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#
        let event = #"{"choices":[{"delta":{"tool_calls":[\#(head)]},"finish_reason":"length"}]}"#
        let reading = readEveryWay(.openAI, stream(event, "[DONE]"))
        #expect(
            reading.entries == [
                #"toolCall:{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#
            ]
        )
        #expect(reading.ending == .length)
    }

    @Test func `that repeat what is known leave no entry, and the text beside them is read`() {
        let event = #"{"choices":[{"index":0,"delta":{"content":"x","tool_calls":"#
        let call = #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]"#
        let reading = readEveryWay(
            .openAI,
            stream(event + call + "}}]}", event + call + "}}]}", event + "[]}}]}", "[DONE]")
        )
        #expect(
            reading.entries == [
                "text:x",
                #"toolCall:{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                "text:x", "text:x",
            ]
        )
    }

    @Test func `that come without ids have other ids in another answer`() throws {
        let piece = #"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f"}}]}}]}"#
        let ids = try ["A1", "A2", "A1"].map { answer in
            var decoder = StreamDecoder(.openAI, answer: answer)
            var log = EntryLog()
            try decoder.decode(Array(stream(piece).utf8).span, into: &log)
            return try json(String(decoding: log.bytes, as: UTF8.self))["id"]?.stringValue
        }
        #expect(ids[0] == ids[2])
        #expect(ids[0] != ids[1])
        #expect(ids.allSatisfy { $0?.hasPrefix("call_") == true && $0?.contains("A") == false })
    }

    @Test func `beyond a limit end the answer`() {
        let call = #"{"function":{"name":"f","arguments":"{\"x\":1}"}}"#
        let calls = Array(repeating: call, count: 1025).joined(separator: ",")
        let event = #"{"choices":[{"delta":{"tool_calls":[\#(calls)]}}]}"#
        let reading = read(.openAI, pieces: [Array(stream(event).utf8)[...]])
        #expect(reading.error == .malformed("the upstream sent more than 1024 tool calls"))
        #expect(reading.entries == [])
    }

    private static let anthropic = [
        ToolCallShape(
            "input in the block alone",
            [#"{"type":"tool_use","id":"t","name":"f","input":{"x":1}}"#],
            [ToolCallShape.call("t", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "input in the block and once more in pieces",
            [
                #"{"type":"tool_use","id":"t","name":"f","input":{"x":1}}"#, #"{"x":"#, "1}",
            ],
            [ToolCallShape.call("t", "f", #"{"x":1}"#)]
        ),
        ToolCallShape(
            "no input at all, and no id",
            [
                #"{"type":"tool_use","name":"f","input":{}}"#, "",
                #"{"type":"tool_use","id":null,"name":"f","input":{}}"#,
            ],
            [
                ToolCallShape.call(ToolCallShape.madeUp[0], "f", "{}"),
                ToolCallShape.call(ToolCallShape.madeUp[1], "f", "{}"),
            ]
        ),
        ToolCallShape(
            "one number for all blocks",
            [
                #"{"type":"tool_use","id":"t","name":"f","input":{}}"#, #"{"x":1}"#,
                #"{"type":"server_tool_use","id":"s","name":"web","input":{}}"#, #"{"q":1}"#,
                #"{"type":"mcp_tool_use","id":"m","name":"mcp","input":{}}"#, #"{"q":2}"#,
                #"{"type":"tool_use","id":"u","name":"f","input":{}}"#, #"{"y":2}"#,
            ],
            [ToolCallShape.call("t", "f", #"{"x":1}"#), ToolCallShape.call("u", "f", #"{"y":2}"#)]
        ),
    ]

    @Test(arguments: anthropic)
    func `of Anthropic are the same in the stream, whole and in the history`(
        shape: ToolCallShape
    ) throws {
        let events = shape.deltas.map { line in
            guard line.hasPrefix(#"{"type""#) else {
                let text = written { JSONText.appendString(line, into: &$0) }
                let delta = #"{"type":"input_json_delta","partial_json":\#(text)}"#
                return stream(#"{"type":"content_block_delta","delta":\#(delta)}"#)
            }
            return stream(#"{"type":"content_block_start","content_block":\#(line)}"#)
        }
        let end = stream(
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#,
            #"{"type":"message_stop"}"#
        )
        let reading = readEveryWay(.anthropic, events.joined() + end)
        #expect(reading.error == nil)
        // The vendor's own tools are beside the text.
        let pieces = reading.entries.filter { $0.hasPrefix("toolCall:") }
            .map { String($0.dropFirst("toolCall:".count)) }
        try check(pieces, shape.calls)
    }
}
