import Wire

/// What OpenAI's protocol, and those who extend it, send beside the text.
///
/// Members of a message are the same whether streamed or whole, except for `audio`, which is
/// streamed in pieces.
enum OpenAIAdditions {
    /// OpenAI's web search, and the list of Perplexity and xAI.
    private static let annotations: StaticString =
        #""annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":1,"#
    private static let annotationsEnd: StaticString =
        #""url":"https://example.com/source","title":"A source"}}]"#
    private static let citations: StaticString = #","citations":["https://example.com/source"]"#

    /// Appends the members of a whole message, each after a comma.
    static func appendMembers(of facts: AnswerFacts, into out: inout [UInt8]) {
        if facts.has(.citations) {
            out.append(literal: ",")
            appendAnnotations(into: &out)
        }
        if facts.has(.image) {
            out.append(literal: ",")
            appendImage(into: &out)
        }
        if facts.has(.redacted) {
            out.append(literal: ",")
            appendEncrypted(into: &out)
        }
        if facts.has(.audio) {
            out.append(literal: #","audio":{"id":"audio_simulator","transcript":"Hello""#)
            out.append(literal: #","data":""#)
            out.append(literal: Beside.sound)
            out.append(literal: #"","expires_at":1893456000}"#)
        }
    }

    /// Appends the members of the chunk or the whole answer, each after a comma.
    static func appendChunkMembers(of facts: AnswerFacts, into out: inout [UInt8]) {
        if facts.has(.citations) { out.append(literal: citations) }
    }

    /// Appends the members of the deltas, of which `use` makes a chunk each.
    static func forEachDelta(of facts: AnswerFacts, _ use: ([UInt8]) -> Void) {
        func delta(_ append: (inout [UInt8]) -> Void) {
            var members: [UInt8] = []
            append(&members)
            use(members)
        }
        if facts.has(.citations) { delta(appendAnnotations) }
        if facts.has(.image) { delta(appendImage) }
        if facts.has(.redacted) { delta(appendEncrypted) }
        guard facts.has(.audio) else { return }
        delta { $0.append(literal: #""audio":{"id":"audio_simulator","transcript":"Hel"}"#) }
        delta { $0.append(literal: #""audio":{"transcript":"lo"}"#) }
        delta {
            $0.append(literal: #""audio":{"data":""#)
            $0.append(literal: Beside.sound)
            $0.append(literal: "\"}")
        }
        delta { $0.append(literal: #""audio":{"expires_at":1893456000}"#) }
    }

    /// Appends the value of a choice's `logprobs`.
    static func appendLogprobs(of token: Span<UInt8>, into out: inout [UInt8]) {
        out.append(literal: #"{"content":["#)
        if !token.isEmpty { appendLogprob(of: token, into: &out) }
        out.append(literal: #"],"refusal":null}"#)
    }

    /// Appends an element of `logprobs.content`.
    static func appendLogprob(of token: Span<UInt8>, into out: inout [UInt8]) {
        out.append(literal: #"{"token":"#)
        JSONText.appendString(token, into: &out)
        out.append(literal: #","logprob":-0.25,"bytes":null,"top_logprobs":[]}"#)
    }

    private static func appendAnnotations(into out: inout [UInt8]) {
        out.append(literal: annotations)
        out.append(literal: annotationsEnd)
    }

    private static func appendImage(into out: inout [UInt8]) {
        out.append(literal: #""images":[{"type":"image_url","index":0,"image_url":{"url":""#)
        out.append(literal: "data:image/png;base64,")
        out.append(literal: Beside.picture)
        out.append(literal: "\"}}]")
    }

    private static func appendEncrypted(into out: inout [UInt8]) {
        out.append(literal: #""reasoning_details":[{"type":"reasoning.encrypted","data":""#)
        out.append(literal: Beside.encrypted)
        out.append(literal: "\"}]")
    }
}
