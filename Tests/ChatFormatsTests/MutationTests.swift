import ChatFormats
import TestSupport
import Testing
import Wire

@Suite struct `Mutated input` {
    private static let streams: [(Provider, String)] = [
        (
            .openAI,
            stream(
                #"{"model":"m","choices":[{"index":0,"delta":{"content":"a\u00e9","reasoning":"b"}}],"usage":null,"error":null}"#,
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{"}}]},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}"#,
                "[DONE]"
            )
        ),
        (
            .anthropic,
            stream(
                #"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1}}}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
                #"{"type":"content_block_delta","index":1,"delta":{"partial_json":"{}"}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
                #"{"type":"message_stop"}"#
            )
        ),
    ]

    private static let bodies = [
        #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","tool_calls":[{"id":"t","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"1"}],"tools":[{"function":{"name":"f"}}],"tool_choice":"auto","stop":["a"],"temperature":1}"#,
        #"{"message":"a","system":"s","extra":{"seed":1},"stop":"x","max_tokens":5,"stream":true}"#,
    ]

    /// Changes, drops, doubles or swaps in a few bytes.
    private static func mutate(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        let marks = Array("{}[]\",:\\ntfu0-.e\n\r \u{0}".utf8) + [0x80, 0xC3, 0xFF]
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch UInt8.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = marks[Int.random(in: marks.indices, using: &random)]
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(marks[Int.random(in: marks.indices, using: &random)], at: place)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
                bytes.append(contentsOf: bytes[place..<end])
                bytes.removeSubrange(place..<end)
            }
        }
        return bytes
    }

    @Test(.timeLimit(.minutes(1)), arguments: [UInt64(1), 2, 3])
    func `a broken stream is read or refused, the same for every cut`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            for (provider, stream) in Self.streams {
                let bytes = Self.mutate(Array(stream.utf8), &random)
                let whole = read(provider, pieces: [bytes[...]])
                let cut = Int.random(in: 0...bytes.count, using: &random)
                let halves = read(provider, pieces: [bytes[..<cut], bytes[cut...]])
                #expect(whole == halves, "seed \(seed)")
                for line in whole.entries where line.hasPrefix("toolCall:") {
                    #expect(throws: Never.self) { try json(String(line.dropFirst(9))) }
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [UInt64(4), 5])
    func `a broken request is read or refused, and what is written is JSON`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            for (index, body) in Self.bodies.enumerated() {
                let bytes = Self.mutate(Array(body.utf8), &random)
                do throws(ChatRequestError) {
                    let request =
                        index == 0
                        ? try ChatRequest(openAIBody: bytes.span)
                        : try ChatRequest(relayBody: bytes.span)
                    for provider in Provider.allCases {
                        var out: [UInt8] = []
                        try provider.writeBody(request, model: "m", into: &out)
                        let written = out
                        #expect(throws: Never.self) { try JSON.parse(written.span) }
                    }
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
}
