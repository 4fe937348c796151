import ChatFormats
import Testing
import Wire

/// Writes a request of one question and these members for Anthropic, and has it checked.
private func body(
    _ more: String,
    model: String = "m",
    messages: String = #"{"role":"user","content":"hi"}"#
) throws -> String {
    let bytes = Array(#"{"messages":[\#(messages)]\#(more.isEmpty ? "" : ",\(more)")}"#.utf8)
    let request = try ChatRequest(openAIBody: bytes.span)
    let text = try written { (out) throws(ChatRequestError) in
        try Provider.anthropic.writeBody(request, model: model, into: &out)
    }
    #expect(AnthropicRules.complaints(about: text) == [])
    return text
}

/// What a body has after its messages.
private func options(_ more: String, model: String = "m") throws -> String {
    let text = try body(more, model: model)
    let start = #"{"model":"\#(model)","max_tokens":4096,"#
    let common = #""messages":[{"role":"user","content":"hi"}],"stream":true"#
    let rest = text.hasPrefix(start) ? text.dropFirst(start.count) : text[...]
    return rest.hasPrefix(common) ? String(rest.dropFirst(common.count).dropLast()) : String(rest)
}

@Suite struct `OpenAI's options at Anthropic` {
    @Test(arguments: [
        #""seed":1"#, #""presence_penalty":1"#, #""frequency_penalty":-1.5"#,
        #""logit_bias":{"50256":-100}"#, #""logprobs":true,"top_logprobs":5"#, #""store":false"#,
        #""metadata":{"task":"x"}"#, #""verbosity":"low""#, #""modalities":["text"]"#,
        #""prompt_cache_key":"k","prompt_cache_retention":"24h""#,
        #""prediction":{"type":"content","content":"x"}"#, #""n":1"#,
        #""web_search_options":{}"#, #""audio":{"voice":"a","format":"mp3"}"#,
        #""stream_options":{"include_usage":true,"include_obfuscation":false}"#,
        #""parallel_tool_calls":true"#, #""response_format":{"type":"text"}"#,
        #""service_tier":"flex""#, #""tools":[],"tool_choice":"auto""#, #""function_call":"none""#,
        #""reasoning_effort":"none""#, #""stop":[" ","\n"]"#, #""reasoning_effort":null"#,
        #""response_format":null,"seed":null,"stop":null,"n":null"#,
    ])
    func `what has no meaning at Anthropic is left out`(more: String) throws {
        #expect(try options(more) == "")
    }

    @Test(arguments: [
        (#""temperature":1.7"#, #","temperature":1"#),
        (#""temperature":0.70"#, #","temperature":0.70"#),
        (#""stop":["a"," ","b","c"]"#, #","stop_sequences":["a","b","c"]"#),
        (#""safety_identifier":"s","user":"u""#, #","metadata":{"user_id":"s"}"#),
        (
            #""metadata":{"user_id":"m","x":1},"safety_identifier":"s""#,
            #","metadata":{"user_id":"m"}"#
        ),
        (#""service_tier":"auto""#, #","service_tier":"auto""#),
        (#""service_tier":"default""#, #","service_tier":"standard_only""#),
        (#""top_k":5"#, #","top_k":5"#),
        (
            #""functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"}"#,
            #","tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"f"}"#
        ),
        (
            #""tools":[{"type":"function","cache_control":{"type":"ephemeral"},"function":{"name":"f","parameters":null}},{"type":"function","function":{"name":"g","parameters":{"$schema":"s","properties":{}},"cache_control":{"type":"ephemeral"}}},{"type":"function","name":"h","strict":true}]"#,
            #","tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}},{"name":"g","input_schema":{"type":"object","$schema":"s","properties":{}},"cache_control":{"type":"ephemeral"}},{"name":"h","input_schema":{"type":"object"}}]"#
        ),
        (
            #""tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[]}}"#,
            #","tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}"#
        ),
    ])
    func `what Anthropic has is put into its words`(more: String, sent: String) throws {
        #expect(try options(more) == sent)
    }

    @Test(arguments: [
        (#""tools":[{"type":"custom","custom":{"name":"c"}}]"#, "tools[0]"),
        (#""reasoning_effort":"much""#, "reasoning_effort"),
        (#""response_format":{"type":"grammar"}"#, "response_format.type"),
    ])
    func `what Anthropic can't do is refused by name`(more: String, field: String) {
        let error = #expect(throws: ChatRequestError.self) { try body(more) }
        #expect(error?.field == field)
    }

    @Test(arguments: [
        ("n", "2", "n: expected 1, found 2"),
        ("max_tokens", #""9""#, #"max_tokens: expected a whole number from 1 up, found "9""#),
        ("temperature", #""hot""#, #"temperature: expected a number from 0 to 1, found "hot""#),
    ])
    func `raw members are refused by name`(name: String, value: String, message: String) throws {
        var request = ChatRequest(messages: [.init(role: .user, text: "hi")])
        request.extra = [.init(key: name, value: try JSON.parse(Array(value.utf8).span))]
        let error = #expect(throws: ChatRequestError.self) {
            var out: [UInt8] = []
            try Provider.anthropic.writeBody(request, model: "m", into: &out)
        }
        #expect(error?.message == message)
    }

    @Test(arguments: [
        ("max_tokens", "-1", #""max_tokens":4096"#), ("max_tokens", "512.0", #""max_tokens":512"#),
        ("temperature", "-0.5", #""temperature":0"#), ("temperature", "3", #""temperature":1"#),
        ("stop", #"["a","b","c","d","e",""]"#, #""stop_sequences":["a","b","c","d","e"]"#),
    ])
    func `raw members are put within Anthropic's bounds`(
        name: String,
        value: String,
        sent: String
    ) throws {
        var request = ChatRequest(messages: [.init(role: .user, text: "hi")])
        request.extra = [.init(key: name, value: try JSON.parse(Array(value.utf8).span))]
        let text = try written { (out) throws(ChatRequestError) in
            try Provider.anthropic.writeBody(request, model: "m", into: &out)
        }
        #expect(text.contains(sent))
        #expect(AnthropicRules.complaints(about: text) == [])
    }
}

@Suite struct `Thinking at Anthropic` {
    private static let tool = #""tools":[{"name":"f","input_schema":{"type":"object"}}]"#

    @Test(arguments: [
        (#""reasoning_effort":"minimal""#, 5120, 1024), (#""reasoning_effort":"low""#, 6144, 2048),
        (#""reasoning_effort":"medium""#, 12288, 8192),
        (#""reasoning_effort":"high""#, 20480, 16384),
        (#""reasoning_effort":"xhigh""#, 28672, 24576),
        (#""reasoning_effort":"high","max_tokens":4000"#, 4000, 2000),
        (#""reasoning_effort":"high","max_completion_tokens":1025"#, 1025, 1024),
        (#""reasoning":{"max_tokens":3000}"#, 7096, 3000),
        (#""reasoning":{"effort":"low"}"#, 6144, 2048),
        (#""thinking":{"type":"enabled","budget_tokens":3000}"#, 7096, 3000),
    ])
    func `an effort is a budget below the answer's bound`(
        more: String,
        most: Int,
        budget: Int
    )
        throws
    {
        for name in ["claude-sonnet-4-5-20250929", "claude-3-7-sonnet-latest", "claude-x"] {
            let text = try body(
                more + #","temperature":0.5,"top_p":0.9,"top_k":4"#,
                model: name
            )
            #expect(text.contains(#""max_tokens":\#(most),"#))
            #expect(
                text.hasSuffix(
                    #""stream":true,"thinking":{"type":"enabled","budget_tokens":\#(budget)}}"#
                )
            )
        }
    }

    @Test(arguments: [
        #""reasoning_effort":"high","max_tokens":1024"#, #""reasoning_effort":"none""#,
        #""reasoning_effort":"high",\#(tool),"tool_choice":"required""#,
        #""thinking":{"type":"enabled","budget_tokens":2000},\#(tool),"tool_choice":"required""#,
        #""reasoning":{"enabled":false}"#,
    ])
    func `without room, or before a call that must be made, nothing is thought`(more: String) throws
    {
        #expect(!(try body(more).contains("thinking")))
    }

    @Test(arguments: [
        (
            "claude-opus-4-6", "xhigh",
            #""thinking":{"type":"adaptive"},"output_config":{"effort":"high"}"#
        ),
        (
            "claude-opus-4-7", "xhigh",
            #""thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh"}"#
        ),
        (
            "anthropic/claude-sonnet-5.5", "minimal",
            #""thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"low"}"#
        ),
        ("claude-opus-4-8", "none", #""stream":true"#),
        ("claude-opus-5", "none", #""thinking":{"type":"disabled"}"#),
        ("claude-haiku-5-5", "none", #""thinking":{"type":"disabled"}"#),
        ("claude-sonnet-5-5", "none", #""thinking":{"type":"between_tools"}"#),
        ("claude-opus-5-5", "none", #""stream":true,"output_config":{"effort":"low"}"#),
        ("claude-fable-5-1", "none", #""stream":true,"output_config":{"effort":"low"}"#),
        ("claude-3-5-haiku-20241022", "high", #""stream":true"#),
    ])
    func `newer models are told an effort`(model: String, effort: String, sent: String) throws {
        let text = try body(
            #""reasoning_effort":"\#(effort)""#,
            model: model
        )
        #expect(text.hasSuffix(sent + "}"))
    }

    @Test(arguments: [
        ("claude-3-5-haiku-20241022", #","temperature":0.5,"top_p":0.9,"top_k":3"#),
        ("claude-sonnet-4-5-20250929", #","temperature":0.5,"top_k":3"#),
        ("claude-opus-4-7", ""), ("claude-sonnet-5", ""), ("claude-haiku-5-5", ""),
        ("claude-x?interval_ms=9", #","temperature":0.5,"top_p":0.9,"top_k":3"#),
    ])
    func `a model is sent the sampling that it takes`(model: String, sent: String) throws {
        let text = try body(#""temperature":0.5,"top_p":0.9,"top_k":3"#, model: model)
        #expect(text.hasSuffix(#""stream":true\#(sent)}"#))
    }

    @Test func `a model that can't be made to call a tool is told to`() throws {
        let text = try body(
            #"\#(Self.tool),"tool_choice":{"type":"function","function":{"name":"f"}}"#,
            model: "claude-opus-5-5"
        )
        #expect(text.contains(#""system":"Answer with a call of the tool \"f\".""#))
        #expect(text.hasSuffix(#""tool_choice":{"type":"auto"}}"#))
    }
}

@Suite struct `Formats of answers at Anthropic` {
    private func format(_ schema: String, model: String = "m") throws -> String {
        try options(
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":\#(schema)}}"#,
            model: model
        )
    }

    @Test(arguments: [
        (
            #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false,"$schema":"s"}"#,
            #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#
        ),
        (
            ##"{"type":"object","properties":{"n":{"type":"integer","description":"d","minimum":1},"o":{"type":"object","properties":{"e":{"type":"string","format":"email","maxLength":9}}},"l":{"type":"array","minItems":3,"items":{"oneOf":[{"type":"null"},{"$ref":"#/$defs/D"}]}}},"$defs":{"D":{"type":"object","properties":{"x":{"const":1}}}}}"##,
            ##"{"type":"object","properties":{"n":{"type":"integer","description":"d\n\n{\"minimum\":1}"},"o":{"type":"object","properties":{"e":{"type":"string","format":"email","description":"{\"maxLength\":9}"}},"additionalProperties":false},"l":{"type":"array","items":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/D"}]},"description":"{\"minItems\":3}"}},"$defs":{"D":{"type":"object","properties":{"x":{"const":1}},"additionalProperties":false}},"additionalProperties":false}"##
        ),
    ])
    func `a schema makes the answer fit`(given: String, sent: String) throws {
        #expect(
            try format(given)
                == #","output_config":{"format":{"type":"json_schema","schema":\#(sent)}}"#
        )
    }

    @Test(arguments: [
        #"{"type":"object","additionalProperties":{"type":"string"}}"#, #"{"type":"object"}"#,
        ##"{"type":"object","properties":{"c":{"$ref":"#"}}}"##,
        ##"{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}}}}}"##,
        #"{"type":"object","properties":{"a":true}}"#,
        #"{"type":"object","properties":{"a":{"description":"anything"}}}"#,
    ])
    func `a schema that Anthropic can't take is told in words`(schema: String) throws {
        let text = try format(schema)
        #expect(text.hasPrefix(#""system":"Answer with one JSON value and nothing else"#))
        #expect(!text.contains("output_config"))
    }

    @Test func `an older model is told the schema in words`() throws {
        let schema = #"{"type":"object","properties":{"a":{"type":"string"}}}"#
        #expect(try format(schema, model: "claude-3-5-haiku-20241022").contains(#""system":"#))
        #expect(try format(schema, model: "claude-sonnet-4-5").contains("output_config"))
    }

    @Test func `an effort and a schema are in one object with the client's own`() throws {
        let text = try body(
            #""reasoning_effort":"low","output_config":{"task_budget":1},"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"string"}}}"#,
            model: "claude-opus-4-6"
        )
        #expect(
            text.hasSuffix(
                #""output_config":{"task_budget":1,"effort":"low","format":{"type":"json_schema","schema":{"type":"string"}}}}"#
            )
        )
    }

    @Test func `any JSON object is asked for after the client's own instructions`() throws {
        let text = try body(
            #""response_format":{"type":"json_object"}"#,
            messages:
                #"{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":" "}]},{"role":"user","content":"hi"}"#
        )
        #expect(
            text.contains(
                #""system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Answer with one JSON object"#
            )
        )
    }
}
