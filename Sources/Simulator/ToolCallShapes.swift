import Wire

/// Answers whose tool calls are unusual.
extension Shape {
    static let toolCalls: [Shape] = [
        // Ollama's and many gateways' two calls, both with the number 0.
        Shape(
            "two_calls_one_index",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"function","function":{"name":"on","arguments":"{\"room\":1}"}}]}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_b","#,
            #""type":"function","function":{"name":"off","arguments":"{\"room\":2}"}}]},"#,
            #""finish_reason":"tool_calls"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "object_arguments",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"function","function":{"name":"on","arguments":{"room":1}}}]},"#,
            #""finish_reason":"tool_calls"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // Mistral leaves out the type, others the id.
        Shape(
            "no_call_id",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"#,
            #""function":{"name":"on","arguments":"{\"room\":1}"}}]},"#,
            #""finish_reason":"tool_calls"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // llama-cpp-python's server says each piece twice, with id and name each time.
        Shape(
            "function_call_beside",
            #"data: {"choices":[{"index":0,"delta":{"function_call":{"name":"on","#,
            #""arguments":"{\"room\""},"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"function","function":{"name":"on","arguments":"{\"room\""}}]}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"function_call":{"name":"on","#,
            #""arguments":":1}"},"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"function","function":{"name":"on","arguments":":1}"}}]},"#,
            #""finish_reason":"tool_calls"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // The id and the name come with every piece.
        Shape(
            "repeated_call_id",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"function","function":{"name":"on","arguments":"{\"room\""}}]}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"function","function":{"name":"on","arguments":":1}"}}]},"#,
            #""finish_reason":"tool_calls"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // A tool that takes text instead of JSON.
        Shape(
            "custom_call",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","#,
            #""type":"custom","custom":{"name":"on","input":"room"}}]}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"#,
            #""custom":{"input":" one"}}]},"finish_reason":"tool_calls"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // As OpenAI sent calls before there were several.
        Shape(
            "function_call",
            #"data: {"choices":[{"index":0,"delta":{"function_call":{"name":"on","#,
            #""arguments":"{\"room\":1}"}},"finish_reason":"function_call"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
    ]
}
