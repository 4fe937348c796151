import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Relay
@testable import Simulator

/// Every unusual answer of the simulator's is read for what it is, and paid once.
@Suite(.timeLimit(.minutes(5))) struct ShapeTests {
    /// What the record says: how the answer ended, its text, or the calls as `name(arguments)`.
    private static let wanted: [String: (status: String, content: String)] = [
        "no_blank_line": ("complete", "Hello there"), "no_line_end": ("complete", "Hello there"),
        "half_characters": ("complete", "Hello 👋"), "whole": ("complete", "Hello there"),
        "wrong_type": ("complete", "Hello there"), "heartbeat": ("complete", "Hello there"),
        "gzip": ("complete", "Hello"), "anthropic_done": ("complete", "Hello there"),
        "message_in_stream": ("complete", "Hello there"),
        "empty_first_chunk": ("complete", "Hello there"), "no_index": ("complete", "Hello there"),
        "usage_first": ("complete", "Hello there"), "usage_aside": ("complete", "Hello there"),
        "usage_each": ("complete", "Hello there"), "content_parts": ("complete", "Hello there"),
        "two_choices": ("complete", "Hello there"), "refusal": ("complete", "I will not."),
        "signed_reasoning": ("complete", "Hello there"), "picture": ("complete", ""),
        "anthropic_blank": ("length", " \n "),
        "two_calls_one_index": ("tool_calls", "on({\"room\":1}) off({\"room\":2})"),
        "object_arguments": ("tool_calls", "on({\"room\":1})"),
        "no_call_id": ("tool_calls", "on({\"room\":1})"),
        "function_call_beside": ("tool_calls", "on({\"room\":1})"),
        "repeated_call_id": ("tool_calls", "on({\"room\":1})"),
        "custom_call": ("tool_calls", "on(room one)"),
        "function_call": ("tool_calls", "on({\"room\":1})"),
        "error_field": ("upstream_error", "400"), "json_error": ("upstream_error", "400"),
        "json_error_typed": ("upstream_error", "empty"),
        "page": ("upstream_error", "not_a_stream"), "error_event": ("upstream_error", "429"),
        "error_list": ("upstream_error", "429"), "base_resp": ("upstream_error", "1008"),
        "anthropic_overloaded": ("upstream_error", "overloaded_error"),
    ]

    @Test(arguments: Shape.all.map(\.name))
    func `a shape is read for what it is`(name: String) async throws {
        let wanted = try #require(Self.wanted[name])
        let model = (name.hasPrefix("anthropic") ? "claude-x" : "simulator") + "?shape=\(name)"
        try await withRelay {
            $0.maxRetries = 0
        } _: { relay in
            let heard = try relay.get(model)
            #expect((heard.last.data == "[DONE]") == (wanted.status != "upstream_error"))
            let record = try relay.record(heard.head.id)
            #expect(record["status"]?.stringValue == wanted.status)
            #expect(Self.content(of: record) == wanted.content)
            #expect(relay.calls(model).calls == 1)
        }
    }

    private static func content(of record: JSON) -> String {
        if let error = record["error"], error != .null {
            let code = error["code"]
            return code?.stringValue ?? code?.intValue.map { "\($0)" }
                ?? error["type"]?.stringValue ?? ""
        }
        let calls = record["tool_calls"]?.arrayValue ?? []
        guard !calls.isEmpty else {
            return record["refusal"]?.stringValue ?? record["content"]?.stringValue ?? ""
        }
        return calls.map { call in
            let function = call["function"] ?? call["custom"]
            let arguments = function?["arguments"] ?? function?["input"]
            return "\(function?["name"]?.stringValue ?? "")(\(arguments?.stringValue ?? ""))"
        }.joined(separator: " ")
    }
}
