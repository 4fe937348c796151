import Wire

/// Answers whose wrapping is unusual.
extension Shape {
    static let wrappings: [Shape] = [
        // The stream ends without its last blank line, or without any line end.
        Shape(
            "no_blank_line",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":" there"},"finish_reason":"stop"}]}"#,
            "\n"
        ),
        Shape(
            "no_line_end",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"},"#,
            #""finish_reason":"stop"}]}"#
        ),
        // The halves of a character in UTF-16 come in two events.
        Shape(
            "half_characters",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello \ud83d"}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":"\udc4b"},"finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // The whole answer, though a stream was asked for.
        Shape(
            "whole",
            type: "application/json",
            #"{"id":"a","object":"chat.completion","created":1,"model":"simulator","choices":["#,
            #"{"index":0,"message":{"role":"assistant","content":"Hello there"},"#,
            #""finish_reason":"stop"}],"#,
            #""usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        ),
        Shape(
            "wrong_type",
            type: "application/json",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"}}]}"#,
            "\n\n",
            #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        Shape(
            "heartbeat",
            "data: heartbeat\n\n",
            #"data: {"choices":[{"index":0,"delta":{"content":"Hello there"}}]}"#,
            "\n\n",
            "data: heartbeat\n\n",
            #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // `data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}`,
        // compressed though nobody asked for it.
        Shape("gzip", encoding: "gzip", bytes: gzipped),
        // Anthropic's events through a gateway that ends every stream as OpenAI does.
        Shape(
            "anthropic_done",
            #"data: {"type":"message_start","message":{"id":"a","type":"message","#,
            #""role":"assistant","model":"claude","content":[],"#,
            #""usage":{"input_tokens":2,"output_tokens":0}}}"#,
            "\n\n",
            #"data: {"type":"content_block_delta","index":0,"#,
            #""delta":{"type":"text_delta","text":"Hello there"}}"#,
            "\n\n",
            #"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"#,
            #""usage":{"output_tokens":2}}"#,
            "\n\ndata: [DONE]\n\n"
        ),
        // MiniMax and others send all of the message as one chunk.
        Shape(
            "message_in_stream",
            #"data: {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"#,
            #""finish_reason":"stop"}]}"#,
            "\n\ndata: [DONE]\n\n"
        ),
    ]

    private static let gzipped: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x0D, 0xC9, 0x31, 0x0A,
        0x80, 0x30, 0x0C, 0x05, 0xD0, 0xBD, 0xA7, 0x90, 0x3F, 0x77, 0x70, 0xCE, 0x09, 0xBC,
        0x83, 0x88, 0x84, 0x36, 0xD2, 0x42, 0x49, 0xC4, 0x66, 0x10, 0x4A, 0xEF, 0xAE, 0x6F,
        0x7D, 0x99, 0x9D, 0x69, 0x19, 0x48, 0xC5, 0x6A, 0x92, 0x0E, 0xDA, 0x07, 0xAA, 0x66,
        0x79, 0x41, 0x6B, 0x44, 0x96, 0xE6, 0x0C, 0xFA, 0xDB, 0xD4, 0x45, 0x1D, 0x84, 0x4D,
        0x5A, 0x33, 0xCC, 0x88, 0xAB, 0x6A, 0xED, 0xE5, 0x7C, 0x84, 0xBB, 0xE9, 0x1F, 0xDD,
        0xED, 0xC6, 0x3C, 0x66, 0x08, 0x1F, 0x79, 0x7C, 0x38, 0xE5, 0x54, 0x00, 0x00, 0x00,
    ]
}
