import Testing
import Wire

@testable import Simulator

/// What the simulator sends beside the text, and in unusual forms.
struct BesideTests {
    @Test(arguments: Beside.allCases, [Vendor.openAI, .anthropic])
    func `an answer with anything beside it is as well formed as any`(
        beside: Beside,
        vendor: Vendor
    ) throws {
        let model = "m?say=one+two&with=\(beside.rawValue)&reasoning=2"
        let played = try Playback(model, vendor)
        #expect(played.text == "one two")
        #expect(played.finishReason == (vendor == .openAI ? "stop" : "end_turn"))
    }

    @Test
    func `citations, images, audio and encrypted reasoning are members of deltas`() throws {
        let played = try Playback("m?say=one&with=citations,image,audio,redacted", .openAI)
        let deltas = played.events.compactMap { $0["choices"]?.arrayValue?.first?["delta"] }
        func first(_ name: String) -> JSON? { deltas.compactMap { $0[name] }.first }
        let source = first("annotations")?.arrayValue?.first?["url_citation"]
        #expect(source?["url"]?.stringValue == "https://example.com/source")
        let picture = first("images")?.arrayValue?.first?["image_url"]?["url"]?.stringValue
        #expect(picture?.hasPrefix("data:image/png;base64,iVBOR") == true)
        #expect(first("audio")?["transcript"]?.stringValue == "Hel")
        #expect(
            first("reasoning_details")?.arrayValue?.first?["type"]?.stringValue
                == "reasoning.encrypted"
        )
        #expect(played.events.contains { $0["citations"]?.arrayValue?.count == 1 })
    }

    @Test
    func `each token says how likely it was`() throws {
        let played = try Playback("m?say=one+two&with=logprobs", .openAI)
        let tokens = played.events.compactMap { event in
            event["choices"]?.arrayValue?.first?["logprobs"]?["content"]?.arrayValue?
                .first?["token"]?.stringValue
        }
        #expect(tokens == ["one", " two"])
    }

    @Test
    func `Anthropic's citation is in the text's block, after the search that found it`() throws {
        let played = try Playback("m?say=one&with=citations,redacted", .anthropic)
        let blocks = played.events.compactMap { $0["content_block"]?["type"]?.stringValue }
        #expect(
            blocks == ["redacted_thinking", "server_tool_use", "web_search_tool_result", "text"]
        )
        let citation = played.events.first { $0["delta"]?["citation"] != nil }
        let text = played.events.first { $0["delta"]?["text"] != nil }
        #expect(citation?["index"] == text?["index"])
    }

    @Test(arguments: [Vendor.openAI, .anthropic])
    func `the vendor's word for the end can be any`(vendor: Vendor) throws {
        #expect(try Playback("m?say=one&finish_word=SAFETY", vendor).finishReason == "SAFETY")
    }

    @Test
    func `the cost is in the counts`() throws {
        let openAI = try Playback("m?say=one&with=cost", .openAI)
        #expect(openAI.usage?["cost"]?.doubleValue == 0.00042)
        let anthropic = try Playback("m?say=one&with=cost", .anthropic)
        let start = anthropic.events.first?["message"]?["usage"]
        #expect(start?["cache_creation_input_tokens"]?.intValue == 3)
    }

    @Test(arguments: Shape.all.map(\.name))
    func `a shape is sent as it is`(name: String) throws {
        let shape = try #require(Shape.named(name))
        let server = try SimulatorServer()
        defer { server.stop() }
        let client = Client(port: server.port)
        client.ask("m?shape=\(name)&http=close")
        let answer = client.read().text
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("Content-Type: \(shape.contentType)\r\n"))
        #expect(answer.contains("Content-Encoding: gzip\r\n") == (name == "gzip"))
        guard name != "gzip" else { return }
        #expect(answer.hasSuffix("\r\n\r\n" + String(decoding: shape.body, as: UTF8.self)))
    }
}
