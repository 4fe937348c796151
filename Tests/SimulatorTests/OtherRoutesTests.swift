import Testing
import Wire

@testable import Simulator

/// What the simulator answers beside chats.
@Suite(.timeLimit(.minutes(1)))
struct OtherRoutesTests {
    private static let shared = try? SimulatorServer()
    private let server: SimulatorServer

    init() throws {
        server = try #require(Self.shared)
    }

    private func embed(_ more: String) throws -> JSON {
        let request = try EmbeddingRequest(Array("{\"model\":\"simulator\"\(more)}".utf8).span)
        return try JSON.parse(request.answer.span)
    }

    @Test func `a model of the list is found, and no other`() {
        let client = Client(port: server.port)
        client.send("GET /v1/models/simulator HTTP/1.1\r\nHost: x\r\n\r\n")
        let found = client.read(until: "}\n").text
        #expect(found.hasPrefix("HTTP/1.1 200 "))
        #expect(found.contains(#"{"id":"simulator","object":"model""#))
        client.send("GET /v1/models/other HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(client.read(until: "}}\n").text.hasPrefix("HTTP/1.1 404 "))
    }

    @Test func `a vector depends on the text alone, and its length is 1`() throws {
        let two = try embed(#","input":["one","two"],"dimensions":7"#)["data"]?.arrayValue ?? []
        #expect(two.compactMap { $0["index"]?.intValue } == [0, 1])
        let vectors = two.map { $0["embedding"]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
        #expect(vectors.map(\.count) == [7, 7])
        #expect(vectors[0] != vectors[1])
        let length = vectors[0].reduce(0) { $0 + $1 * $1 }
        #expect(abs(length - 1) < 1e-5)
        let one = try embed(#","input":"one","dimensions":7"#)["data"]?.arrayValue?.first
        #expect(one?["embedding"] == two[0]["embedding"])
        #expect(try embed(#","input":[1,2]"#)["data"]?.arrayValue?.count == 1)
        #expect(try embed(#","input":[[1],[2]]"#)["data"]?.arrayValue?.count == 2)
    }

    @Test func `the same vector comes in base64, four bytes a number`() throws {
        let body = #","input":"one","dimensions":4,"encoding_format":"base64""#
        let text = try #require(
            try embed(body)["data"]?.arrayValue?.first?["embedding"]?.stringValue
        )
        #expect(text.utf8.count == 24)
        #expect(text.hasSuffix("==") && !text.hasSuffix("==="))
    }

    @Test(arguments: [
        "", #","input":[]"#, #","input":7"#, #","input":"x","dimensions":0"#,
        #","input":"x","encoding_format":"int8""#,
    ])
    func `a wrong request for embeddings is refused`(more: String) {
        #expect(throws: ModelRefusal.self) { try embed(more) }
    }

    @Test func `embeddings refuse on request`() {
        let client = Client(port: server.port)
        client.post("/v1/embeddings", #"{"model":"e?status=429&retry_after=3","input":"x"}"#)
        let text = client.read(until: "}}\n").text
        #expect(text.hasPrefix("HTTP/1.1 429 "))
        #expect(text.contains("Retry-After: 3\r\n"))
        #expect(server.calls["e?status=429&retry_after=3"].calls == 1)
    }

    @Test func `an older completion is whole or streamed, in its own form`() {
        let client = Client(port: server.port)
        let model = "text?say=one+two&interval_ms=0"
        client.post("/v1/completions", #"{"model":"\#(model)","prompt":"x"}"#)
        let whole = client.read(until: "}\n").text
        #expect(whole.contains(#""object":"text_completion""#))
        #expect(whole.contains(#""choices":[{"index":0,"text":"one two","logprobs":null"#))
        client.post("/v1/completions", #"{"model":"\#(model)","prompt":["x"],"stream":true}"#)
        let stream = client.read(until: "0\r\n\r\n").text
        #expect(
            stream.contains(#"[{"index":0,"text":"one","logprobs":null,"finish_reason":null}]"#)
        )
        #expect(stream.contains(#""text":"","logprobs":null,"finish_reason":"stop"}]"#))
        #expect(stream.contains("data: [DONE]\n\n"))
        #expect(!stream.contains("delta"))
        client.post("/v1/completions", #"{"model":"\#(model)"}"#)
        #expect(client.read(until: "}}\n").text.contains("prompt: expected"))
    }
}
