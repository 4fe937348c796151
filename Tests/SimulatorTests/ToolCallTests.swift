import Testing
import Wire

@testable import Simulator

/// What the simulator does with a request's tools and with the shape that it asks for.
struct ToolCallTests {
    private static let city = #"""
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}
        """#
    private static let openAITools =
        #"[{"type":"function","function":{"name":"weather","parameters":\#(city)}},"#
        + #"{"type":"function","function":{"name":"rooms"}}]"#
    private static let anthropicTools =
        #"[{"name":"weather","input_schema":\#(city)},{"name":"rooms","input_schema":{}}]"#

    private func plan(
        _ model: String,
        _ vendor: Vendor,
        _ extra: String,
        messages: String = #"[{"role":"user","content":"hi"}]"#
    ) throws -> AnswerPlan {
        let body = Array(
            #"{"model":"\#(model)","max_tokens":9000,"messages":\#(messages)\#(extra)}"#.utf8
        )
        return AnswerPlan(try ModelRequest(body.span, for: vendor), call: 1)
    }

    private func text(_ plan: AnswerPlan) -> String {
        var answer = plan.answer
        var bytes: [UInt8] = []
        while let range = answer.next() { bytes += answer.text[range] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func tools(_ vendor: Vendor) -> String {
        #","tools":"# + (vendor == .openAI ? openAITools : anthropicTools)
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `so many of the request's tools are called, with arguments that their schemas allow`(
        vendor: Vendor
    ) throws {
        let plan = try plan("m?calls=3", vendor, Self.tools(vendor))
        #expect(
            plan.toolCalls == [
                ToolCall(name: "weather", arguments: #"{"city":"Köln"}"#),
                ToolCall(name: "rooms", arguments: "{}"),
                ToolCall(name: "weather", arguments: #"{"city":"Köln"}"#),
            ]
        )
        #expect(plan.finish == .toolCalls)
        #expect(text(plan).isEmpty)
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `tools alone are no reason to call one`(vendor: Vendor) throws {
        let plan = try plan("m?say=hello", vendor, Self.tools(vendor))
        #expect(plan.toolCalls.isEmpty)
        #expect(plan.finish == .stop)
        #expect(text(plan) == "hello")
    }

    @Test(arguments: [
        (Vendor.openAI, #""required""#, ["weather"]),
        (.openAI, #"{"type":"function","function":{"name":"rooms"}}"#, ["rooms"]),
        (.openAI, #""none""#, []),
        (.anthropic, #"{"type":"any"}"#, ["weather"]),
        (.anthropic, #"{"type":"tool","name":"rooms"}"#, ["rooms"]),
        (.anthropic, #"{"type":"none"}"#, []),
    ])
    func `the request's choice is obeyed`(
        vendor: Vendor,
        choice: String,
        called: [String]
    ) throws {
        let extra = Self.tools(vendor) + #","tool_choice":"# + choice
        #expect(try plan("m", vendor, extra).toolCalls.map(\.name) == called)
    }

    @Test(arguments: [
        (
            Vendor.openAI,
            #"[{"role":"user","content":"hi"},{"role":"tool","tool_call_id":"a","content":"7"}]"#
        ),
        (
            .anthropic,
            #"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"7"}]}]"#
        ),
    ])
    func `the results of tools are answered with text`(vendor: Vendor, messages: String) throws {
        let plan = try plan("m?calls=1&say=done", vendor, Self.tools(vendor), messages: messages)
        #expect(plan.toolCalls.isEmpty)
        #expect(text(plan) == "done")
    }

    @Test(arguments: [
        (
            Vendor.openAI,
            #""response_format":{"type":"json_schema","json_schema":{"name":"a","schema":SCHEMA}}"#
        ),
        (.anthropic, #""output_config":{"format":{"type":"json_schema","schema":SCHEMA}}"#),
        (.anthropic, #""output_format":{"type":"json_schema","schema":SCHEMA}"#),
    ])
    func `an answer has the shape that the request asks for`(
        vendor: Vendor,
        extra: String
    ) throws {
        let parts = extra.split(separator: "SCHEMA", omittingEmptySubsequences: false)
        let plan = try plan("m", vendor, "," + parts.joined(separator: Self.city))
        #expect(text(plan) == #"{"city":"Köln"}"#)
        #expect(plan.finish == .stop)
    }

    @Test(arguments: [
        (#"{"type":"string","enum":["b","a"]}"#, #""b""#),
        (#"{"const":5}"#, "5"),
        (#"{"type":["null","number"],"minimum":3}"#, "3"),
        (#"{"type":"integer","exclusiveMinimum":4,"multipleOf":4}"#, "8"),
        (#"{"anyOf":[{"type":"null"},{"type":"boolean"}]}"#, "true"),
        (
            #"{"type":"array","items":{"type":"string","maxLength":2},"minItems":2}"#,
            #"["Kö","Kö"]"#
        ),
        (#"{"prefixItems":[{"type":"null"}],"type":"array"}"#, "[null]"),
        (
            ##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"string","format":"date"}}}"##,
            #""2026-01-31""#
        ),
        (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":null}"#),
        (
            #"{"allOf":[{"properties":{"a":{"const":1}}},{"properties":{"b":{"const":2}}}]}"#,
            #"{"a":1,"b":2}"#
        ),
        (#"{}"#, "{}"), (#"true"#, "{}"),
    ])
    func `a schema has a value`(schema: String, value: String) throws {
        let bytes = Array(schema.utf8)
        var out: [UInt8] = []
        SchemaSample.value(for: try JSON.parse(bytes.span)).write(into: &out)
        #expect(String(decoding: out, as: UTF8.self) == value)
    }

    @Test
    func `a schema that holds itself twice has a small value`() throws {
        let schema = ##"{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}"##
        let bytes = Array(schema.utf8)
        var out: [UInt8] = []
        SchemaSample.value(for: try JSON.parse(bytes.span)).write(into: &out)
        #expect(out.count < 20_000)
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `a stream has what the whole answer has`(vendor: Vendor) throws {
        let plan = try plan("m?calls=2", vendor, Self.tools(vendor))
        let facts = AnswerFacts(
            number: 4,
            model: "m",
            created: 1,
            promptTokens: 1,
            hasUsage: true,
            wantsUsage: false
        )
        let body = UnstreamedAnswer.body(vendor, facts, plan)
        let whole = try JSON.parse(body.span)
        let calls =
            vendor == .openAI
            ? whole["choices"]?.arrayValue?.first?["message"]?["tool_calls"]?.arrayValue
            : whole["content"]?.arrayValue?.filter { $0["type"]?.stringValue == "tool_use" }
        let ids = calls?.compactMap { $0["id"]?.stringValue } ?? []
        #expect(ids.count == 2 && Set(ids).count == 2)
        var script = plan.script(vendor, facts)
        var streamed: [UInt8] = []
        while script.next(into: &streamed) != .finish {}
        let text = String(decoding: streamed, as: UTF8.self)
        for id in ids { #expect(text.contains("\"id\":\"\(id)\"")) }
    }
}
