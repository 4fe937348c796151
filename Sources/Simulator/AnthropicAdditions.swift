import Wire

/// What Anthropic's protocol sends beside the text.
enum AnthropicAdditions {
    /// Appends where a text comes from.
    static func appendCitation(into out: inout [UInt8]) {
        out.append(literal: #"{"type":"web_search_result_location","cited_text":"Hello""#)
        out.append(literal: #","url":"https://example.com/source","title":"A source""#)
        out.append(literal: #","encrypted_index":""#)
        out.append(literal: Beside.encrypted)
        out.append(literal: "\"}")
    }

    /// Appends what of the request the vendor has cached, after a comma.
    static func appendCached(_ facts: AnswerFacts, into out: inout [UInt8]) {
        out.append(literal: #","cache_creation_input_tokens":"#)
        out.append(literal: facts.has(.cost) ? "3" : "0")
        out.append(literal: #","cache_read_input_tokens":"#)
        out.append(literal: facts.has(.cost) ? "2" : "0")
    }

    /// Makes the blocks that come before the text, each as JSON.
    static func forEachBlock(of facts: AnswerFacts, _ use: ([UInt8]) -> Void) {
        if facts.has(.redacted) {
            var block: [UInt8] = []
            block.append(literal: #"{"type":"redacted_thinking","data":""#)
            block.append(literal: Beside.encrypted)
            block.append(literal: "\"}")
            use(block)
        }
        guard facts.has(.citations) else { return }
        var search: [UInt8] = []
        search.append(literal: #"{"type":"server_tool_use","id":"srvtoolu_simulator""#)
        search.append(literal: #","name":"web_search","input":{"query":"hello"}}"#)
        use(search)
        var result: [UInt8] = []
        result.append(literal: #"{"type":"web_search_tool_result","#)
        result.append(literal: #""tool_use_id":"srvtoolu_simulator","content":["#)
        result.append(literal: #"{"type":"web_search_result","url":"https://example.com/source","#)
        result.append(literal: #""title":"A source","page_age":null,"encrypted_content":""#)
        result.append(literal: Beside.encrypted)
        result.append(literal: "\"}]}")
        use(result)
    }
}
