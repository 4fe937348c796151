import Testing
import Wire

@testable import Simulator

/// A script played without a clock, and what a reader makes of it.
struct Playback {
    var writes: [[UInt8]] = []
    var waits: [Int] = []
    var last = Step.send
    /// The data of every event, in order.
    var events: [JSON] = []
    var names: [String] = []
    var comments = 0
    var hasDone = false

    init(_ model: String, _ vendor: Vendor, wantsUsage: Bool = true) throws {
        let behaviour = try Behaviour(modelName: model)
        let facts = AnswerFacts(
            number: 7,
            model: behaviour.model,
            created: 1,
            promptTokens: 3,
            hasUsage: !behaviour.omitsUsage,
            wantsUsage: wantsUsage
        )
        let plan = try AnswerPlan(Playback.request(model), call: 1)
        var script = plan.script(vendor, facts)
        play(&script)
        try read(cutter: WriteCutter(behaviour))
    }

    static func request(_ model: String, extra: String = "") throws -> ModelRequest {
        var body: [UInt8] = []
        body.append(literal: "{\"model\":")
        JSONText.appendString(model, into: &body)
        body.append(text: ",\"messages\":[{\"role\":\"user\",\"content\":\"grüß mich\"}]\(extra)}")
        return try ModelRequest(body.span, for: .openAI)
    }

    private mutating func play(_ script: inout any AnswerScript) {
        while true {
            var bytes: [UInt8] = []
            let step = script.next(into: &bytes)
            switch step {
            case .send: if !bytes.isEmpty { writes.append(bytes) }
            case .wait(let microseconds): waits.append(microseconds / 1000)
            case .finish, .cutChunk, .reset:
                last = step
                return
            }
        }
    }

    /// Reads the writes piece by piece, as they would arrive.
    private mutating func read(cutter: WriteCutter?) throws {
        var decoder = EventDecoder(limits: .init())
        for write in writes {
            var start = 0
            while start < write.count {
                let end = cutter?.endOfPiece(write.span, from: start) ?? write.count
                #expect(end > start)
                let piece = Array(write[start..<end])
                var offset = 0
                while try decoder.next(piece.span, from: &offset) {
                    names.append(String(decoding: decoder.name, as: UTF8.self))
                    let data = decoder.data
                    hasDone = data == Array("[DONE]".utf8)
                    if !hasDone { events.append(try JSON.parse(data.span)) }
                }
                start = end
            }
        }
        comments = decoder.commentCount
    }

    /// The text that both vendors' events add up to.
    var text: String {
        events.map { event in
            event["choices"]?.arrayValue?.first?["delta"]?["content"]?.stringValue
                ?? event["delta"]?["text"]?.stringValue ?? ""
        }.joined()
    }

    var reasoning: String {
        events.map { event in
            event["choices"]?.arrayValue?.first?["delta"]?["reasoning_content"]?.stringValue
                ?? event["delta"]?["thinking"]?.stringValue ?? ""
        }.joined()
    }

    var finishReason: String? {
        events.compactMap { event in
            event["choices"]?.arrayValue?.first?["finish_reason"]?.stringValue
                ?? event["delta"]?["stop_reason"]?.stringValue
        }.last
    }

    var usage: JSON? {
        events.compactMap { $0["usage"] }.last { $0 != .null }
    }

    /// The arguments of the tool call.
    var toolArguments: String {
        events.map { event in
            let call = event["choices"]?.arrayValue?.first?["delta"]?["tool_calls"]
            return call?.arrayValue?.first?["function"]?["arguments"]?.stringValue
                ?? event["delta"]?["partial_json"]?.stringValue ?? ""
        }.joined()
    }
}
