import Testing
import Wire

@testable import Simulator

struct ModelRequestTests {
    private func read(_ text: String, _ vendor: Vendor = .openAI) throws -> ModelRequest {
        let body = Array(text.utf8)
        return try ModelRequest(body.span, for: vendor)
    }

    @Test
    func `the last user message is the prompt, in either form of content`() throws {
        let request = try read(
            """
            {"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[
            {"role":"system","content":"be kind"},{"role":"user","content":"first"},
            {"role":"assistant","content":null},
            {"role":"user","content":[{"type":"text","text":"sec"},{"type":"text","text":"ond"}]},
            {"role":"assistant","content":"x"}]}
            """
        )
        #expect(request.prompt == "second")
        #expect(request.promptTokens == 5)
        #expect(request.streams)
        #expect(request.wantsUsage)
        #expect(request.model == "m")
    }

    @Test(arguments: [
        ("", nil), ("[]", nil), ("{", nil), ("{\"a\":1}", "model"), ("{\"model\":1}", "model"),
        ("{\"model\":\"\"}", "model"), ("{\"model\":\"m\"}", "messages"),
        ("{\"model\":\"m\",\"messages\":{}}", "messages"),
        ("{\"model\":\"m\",\"messages\":[]}", "messages"),
        ("{\"model\":\"m\",\"messages\":[1]}", "messages[0]"),
        ("{\"model\":\"m\",\"messages\":[{\"role\":\"me\"}]}", "messages[0]"),
        (
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":1}]}",
            "messages[0].content"
        ),
        (
            "{\"model\":\"m\",\"stream\":1,\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
            "stream"
        ),
        ("{\"model\":\"m?x=1\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", "model"),
    ])
    func `a body that no vendor would accept is refused, with the field's name`(
        body: String,
        param: String?
    ) throws {
        let error = #expect(throws: ModelRefusal.self) { try self.read(body) }
        #expect(error?.status == .badRequest)
        #expect(error?.param == param)
        for vendor in [Vendor.openAI, .anthropic] {
            let answer = error?.body(for: vendor) ?? []
            let json = try JSON.parse(answer.span)
            #expect(json["error"]?["type"]?.stringValue == "invalid_request_error")
            #expect(json["error"]?["message"]?.stringValue == error?.message)
        }
    }

    @Test
    func `Anthropic's protocol requires max_tokens and has no system role`() throws {
        let user = "{\"role\":\"user\",\"content\":\"hi\"}"
        let whole = "{\"model\":\"m\",\"max_tokens\":9,\"system\":\"s\",\"messages\":[\(user)]}"
        let request = try read(whole, .anthropic)
        #expect(request.maxTokens == 9)
        #expect(request.promptTokens == 2)
        #expect(throws: ModelRefusal.self) {
            try read("{\"model\":\"m\",\"messages\":[\(user)]}", .anthropic)
        }
        let system = "{\"role\":\"system\",\"content\":\"hi\"}"
        #expect(throws: ModelRefusal.self) {
            try read("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[\(system)]}", .anthropic)
        }
    }

    @Test
    func `the caller's bound cuts the answer, unless an option sets its length`() throws {
        var cut = try AnswerPlan(Playback.request("m", extra: ",\"max_tokens\":3"), call: 1)
        #expect(cut.finish == .length)
        var count = 0
        while cut.answer.next() != nil { count += 1 }
        #expect(count == 3)
        let request = try Playback.request("m?tokens=5", extra: ",\"max_tokens\":3")
        let named = AnswerPlan(request, call: 1)
        #expect(named.finish == .stop)
        let roomy = try Playback.request("m", extra: ",\"max_tokens\":4096")
        #expect(AnswerPlan(roomy, call: 1).finish == .stop)
    }

    @Test
    func `whole answers say what streams say`() throws {
        let facts = AnswerFacts(
            number: 1,
            model: "m",
            created: 1,
            promptTokens: 1,
            hasUsage: true,
            wantsUsage: false
        )
        let model = "m?say=gr%C3%BC%C3%9Fe&reasoning=3&finish=tool_calls"
        let plan = try AnswerPlan(Playback.request(model), call: 1)
        let openAIBody = UnstreamedAnswer.body(.openAI, facts, plan)
        let openAI = try JSON.parse(openAIBody.span)
        let choice = openAI["choices"]?.arrayValue?.first
        #expect(choice?["message"]?["content"]?.stringValue == "grüße")
        #expect(choice?["message"]?["reasoning_content"]?.stringValue == "The user wrote")
        #expect(choice?["finish_reason"]?.stringValue == "tool_calls")
        #expect(openAI["usage"]?["completion_tokens"]?.intValue == 4)
        let anthropicBody = UnstreamedAnswer.body(.anthropic, facts, plan)
        let anthropic = try JSON.parse(anthropicBody.span)
        let blocks = anthropic["content"]?.arrayValue ?? []
        #expect(blocks.compactMap { $0["type"]?.stringValue } == ["thinking", "text", "tool_use"])
        #expect(blocks.compactMap { $0["text"]?.stringValue } == ["grüße"])
        #expect(anthropic["stop_reason"]?.stringValue == "tool_use")
    }

    @Test
    func `calls are counted per exact model string`() throws {
        let calls = Calls()
        _ = calls.begin("m?times=1", prompt: "a", at: 0)
        let call = calls.begin("m", prompt: "b", at: 5_000_000)
        #expect((call.ofModel, call.ofAll) == (1, 2))
        let again = calls.begin("m?times=1", prompt: "a", at: 0)
        #expect((again.ofModel, again.ofAll) == (2, 3))
        #expect((calls[prompt: "a"], calls[prompt: "b"], calls[prompt: "c"]) == (2, 1, 0))
        calls.closeEarly(call, at: 12_000_000)
        #expect(calls["m"].lastClose?.afterMilliseconds == 7)
        #expect(calls["m?times=1"].calls == 2)
        #expect(calls["m"].closedEarly == 1)
        #expect(calls["nobody"].calls == 0)
        var bytes: [UInt8] = []
        calls.appendJSON(into: &bytes)
        let json = try JSON.parse(bytes.span)
        #expect(json["m"]?["closed_early"]?.intValue == 1)
        #expect(json["m?times=1"]?["calls"]?.intValue == 2)
    }
}
