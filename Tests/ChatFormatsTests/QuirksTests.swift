import ChatFormats
import Testing
import Wire

/// What one vendor's requests have different.
@Suite struct QuirksTests {
    private func body(_ url: String, _ extra: String = "{}", asksWhole: Bool = false) throws -> JSON
    {
        var request = ChatRequest(messages: [.init(role: .user, text: "hi")])
        request.maxTokens = 9
        request.extra = try JSON.parse(Array(extra.utf8).span).members ?? []
        var quirks = VendorQuirks.quirks(ofURL: url)
        quirks.asksWhole = asksWhole
        var bytes: [UInt8] = []
        try Provider.openAI.writeBody(request, model: "m", quirks, into: &bytes)
        return try JSON.parse(bytes.span)
    }

    @Test(arguments: [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://x.openai.azure.com/openai/v1", "max_completion_tokens"),
        ("https://api.mistral.ai/v1", "max_tokens"), ("http://127.0.0.1:11434/v1", "max_tokens"),
        ("https://api.openai.com.evil.example/v1", "max_tokens"),
    ])
    func `the bound on tokens has the name that the vendor knows`(url: String, name: String) throws
    {
        let body = try body(url)
        let names = ["max_tokens", "max_completion_tokens"].filter { body[$0] != nil }
        #expect(names == [name])
        #expect(body[name]?.intValue == 9)
    }

    @Test func `a client's own name for it is translated, and never said twice`() throws {
        let extra = #"{"max_completion_tokens":5,"seed":1}"#
        let mistral = try body("https://api.mistral.ai/v1", extra)
        #expect(mistral["max_completion_tokens"] == nil && mistral["seed"] == nil)
        #expect(mistral["random_seed"]?.intValue == 1)
        #expect(mistral["max_tokens"]?.intValue == 9)
        let openAI = try body("https://api.openai.com/v1", extra)
        #expect(openAI["max_completion_tokens"]?.intValue == 5)
        #expect(openAI["max_tokens"] == nil)
    }

    @Test func `an answer in one piece is asked for without a stream's options`() throws {
        let body = try body("http://127.0.0.1:1/v1", asksWhole: true)
        #expect(body["stream"]?.boolValue == false)
        #expect(body["stream_options"] == nil)
    }

    @Test func `Azure's key has a field of its own`() {
        let fields = Provider.openAI.headers(key: "k", .azure)
        #expect(fields.contains { $0 == ("api-key", "k") })
        #expect(!fields.contains { $0.0 == "authorization" })
    }
}
