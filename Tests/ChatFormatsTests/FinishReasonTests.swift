import ChatFormats
import Testing

/// Why an answer ended, in the words of all vendors.
@Suite struct `Finish reasons` {
    /// A word, and how an answer with it ends.
    private static let endings: [(word: String, ending: Ending)] = [
        ("stop", .complete), ("end_turn", .complete), ("stop_sequence", .complete),
        ("eos", .complete), ("eos_token", .complete), ("COMPLETE", .complete),
        ("endTurn", .complete), ("STOP", .complete), ("FINISH", .complete),
        ("length", .length), ("MAX_TOKENS", .length), ("max_output_tokens", .length),
        ("model_length", .length), ("model_context_window_exceeded", .length),
        ("max-tokens", .length), ("max_output", .length), ("LENGTH", .length),
        ("content_filter", .filtered), ("SAFETY", .filtered), ("RECITATION", .filtered),
        ("BLOCKLIST", .filtered), ("PROHIBITED_CONTENT", .filtered), ("SPII", .filtered),
        ("IMAGE_SAFETY", .filtered), ("LANGUAGE", .filtered), ("refusal", .filtered),
        ("content_filter: SAFETY", .filtered), ("content_filter: NEWS", .filtered),
        ("guardrail_intervened", .filtered), ("content_filtered", .filtered),
        ("content-filter", .filtered), ("sensitive", .filtered), ("ERROR_TOXIC", .filtered),
        ("tool_calls", .toolCalls), ("function_call", .toolCalls), ("tool_use", .toolCalls),
        ("TOOL_CALL", .toolCalls), ("tool-calls", .toolCalls),
        ("FinishReason.MAX_TOKENS", .length), ("FINISH_REASON_STOP", .complete),
        ("REASON_MAX_LEN", .length), ("stopReason.toolUse", .toolCalls),
        ("max_tokens_reached", .length), ("LENGTH_LIMIT", .length), ("truncated", .length),
        ("context_window_full", .length), ("safety_stop", .filtered),
        ("content_filter_triggered", .filtered),
    ]

    private static func reading(
        of words: String...,
        choice: String = "",
        text: String = "a"
    ) -> Reading {
        let events = words.map {
            #"{"choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":"\#($0)"\#(choice)}]}"#
        }
        return readEveryWay(.openAI, events.map { stream($0) }.joined())
    }

    @Test(arguments: [
        ("SAFETY", Ending.filtered), ("MAX_TOKENS", .length), ("STOP", .complete),
        ("tool_use", .complete),
    ])
    func `a proxy's stop counts less than the vendor's own word`(native: String, ending: Ending) {
        let reading = Self.reading(of: "stop", choice: #","native_finish_reason":"\#(native)""#)
        #expect(reading.ending == ending)
        #expect(reading.native == native)
    }

    @Test func `a proxy's stop does not hide that the vendor failed`() {
        let native = #","native_finish_reason":"MALFORMED_FUNCTION_CALL""#
        #expect(Self.reading(of: "stop", choice: native).error != nil)
    }

    private static let openAIWords = [
        "stop", "length", "tool_calls", "content_filter", "function_call",
    ]

    @Test(arguments: endings)
    func `every vendor's word is read, whatever its letters' case`(word: String, ending: Ending) {
        let reading = Self.reading(of: word)
        #expect(reading.ending == ending)
        #expect(reading.finishReason == "\(ending.openAIFinishReason)")
        #expect(reading.isSuccess && !reading.isDone)
    }

    @Test(arguments: endings)
    func `a word that is not one of OpenAI's stays beside it`(word: String, ending: Ending) {
        let native = Self.reading(of: word).native
        #expect(native == (Self.openAIWords.contains(word) ? nil : word))
    }

    @Test(arguments: ["pause_turn", "WAIT_FOR_IT"])
    func `a word that nobody knows is complete, and is kept as it came`(word: String) {
        for reading in [
            Self.reading(of: word),
            readEveryWay(
                .anthropic,
                stream(#"{"type":"message_delta","delta":{"stop_reason":"\#(word)"}}"#)
            ),
        ] {
            #expect(reading.ending == .complete)
            #expect(reading.finishReason == word)
            #expect(reading.native == word)
        }
    }

    @Test func `a word of any length is bounded`() {
        let word = String(repeating: "w", count: 1000)
        #expect(Self.reading(of: word).native == String(word.prefix(64)))
    }

    @Test(arguments: [
        "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
        "function_call_filter: MALFORMED_FUNCTION_CALL", "error", "ERROR", "abort",
        "insufficient_system_resource", "malformed_model_output", "network_error",
        "MODEL_ERROR", "errored", "MALFORMED_JSON", "FinishReason.MALFORMED_FUNCTION_CALL",
    ])
    func `a word for a failure is a failure that quotes it`(word: String) {
        let reading = Self.reading(of: word)
        #expect(reading.entries == ["text:a"])
        #expect(!reading.isSuccess)
        let message = "the upstream ended the answer with the reason \"\(word)\""
        #expect(
            reading.error
                == .vendor(type: word, message: message, code: nil, overloaded: false)
        )
    }

    @Test(arguments: [
        ("stop", "content_filter", Ending.filtered), ("content_filter", "stop", .filtered),
        ("length", "stop", .length), ("stop", "length", .length),
        ("stop", "tool_calls", .toolCalls), ("length", "content_filter", .filtered),
        ("content_filter", "length", .filtered), ("end_turn", "stop", .complete),
    ])
    func `of two words the one that means less than success counts`(
        first: String,
        second: String,
        ending: Ending
    ) {
        #expect(Self.reading(of: first, second).ending == ending)
    }

    @Test func `a failure after a word of success is a failure`() {
        #expect(Self.reading(of: "stop", "error").error != nil)
    }

    @Test(arguments: ["", "null", "not_finished", "FINISH_REASON_UNSPECIFIED"])
    func `a word that some servers write into each chunk is no end`(word: String) {
        #expect(!Self.reading(of: word).isSuccess)
        #expect(Self.reading(of: word, "length").ending == .length)
    }

    @Test func `a proxy's word counts, and the word of the vendor that it asked stays beside it`() {
        let native = #","native_finish_reason":"MAX_TOKENS""#
        let reading = Self.reading(of: "length", choice: native)
        #expect(reading.finishReason == "length")
        #expect(reading.native == "MAX_TOKENS")
        let null = Self.reading(of: "stop", choice: #","native_finish_reason":null"#)
        #expect(null.finishReason == "stop" && null.native == nil)
    }

    @Test func `with a word an empty answer is a success`() {
        let reading = Self.reading(of: "stop", text: "")
        #expect(reading.isSuccess && reading.ending == .complete)
    }

    @Test(arguments: Provider.allCases)
    func `an end mark alone is no success`(provider: Provider) {
        let role = #"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#
        let reading = readEveryWay(provider, stream(role, "[DONE]"))
        #expect(reading.isDone && !reading.isSuccess)
        #expect(reading.ending == nil)
    }
}
