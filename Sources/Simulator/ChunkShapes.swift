import Wire

/// Answers whose chunks have other members than usual.
extension Shape {
    static let chunks: [Shape] = [
        // Azure's filter speaks first.
        Shape(
            "empty_first_chunk",
            #"data: {"choices":[],"prompt_filter_results":[{"prompt_index":0,"#,
            #""content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // Gemini's chunks have the role each time, and no number.
        Shape(
            "no_index",
            #"data: {"choices":[{"delta":{"role":"assistant","content":"Hello"}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":null,"delta":{"role":"assistant","content":" there"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // Counts come first, as Groq's own member, and in every chunk as vLLM's do.
        Shape(
            "usage_first",
            #"data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"#,
            #""total_tokens":3}}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "usage_aside",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"#,
            #""usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "usage_each",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello"}}],"#,
            #""usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":" there"},"finish_reason":"stop"}],"#,
            #""usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // Mistral's content is a list of parts.
        Shape(
            "content_parts",
            #"data: {"choices":[{"index":0,"delta":{"content":[{"type":"text","#,
            #""text":"Hello there"}]},"finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "two_choices",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":1,"delta":{"content":"Good day"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "refusal",
            #"data: {"choices":[{"index":0,"delta":{"refusal":"I will not."},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // OpenRouter's reasoning, with what its provider wants back.
        Shape(
            "signed_reasoning",
            #"data: {"choices":[{"index":0,"delta":{"content":"","reasoning":"Hm.","#,
            #""reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"c2ln","#,
            #""index":0}]}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // A picture is all of the answer.
        Shape(
            "picture",
            #"data: {"choices":[{"index":0,"delta":{"content":"","images":[{"type":"image_url","#,
            #""image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // Claude says white space alone, which its vendor does not take back.
        Shape(
            "anthropic_blank",
            #"data: {"type":"message_start","message":{"id":"a","type":"message","#,
            #""role":"assistant","model":"claude","content":[],"#,
            #""usage":{"input_tokens":2,"output_tokens":0}}}"#,
            "\n\n",
            #"data: {"type":"content_block_delta","index":0,"#,
            #""delta":{"type":"text_delta","text":" \n "}}"#,
            "\n\n",
            #"data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"#,
            #""usage":{"output_tokens":1}}"#,
            "\n\n",
            #"data: {"type":"message_stop"}"#,
            "\n\n"
        ),
    ]
}
