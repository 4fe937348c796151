import ChatFormats
import Wire

/// Reads OpenAI's objects: the chunks of a stream, and the answer in one piece.
enum ChunkReading {
    /// Says what a chunk means.
    static func read(_ chunk: JSON) -> [FrameMeaning] {
        if let error = chunk["error"] {
            let isStopped = error["type"]?.stringValue == "stopped"
            let code = error["code"]?.stringValue
            return [.outcome(isStopped ? .finished(.stopped) : .failed(nil, code: code))]
        }
        guard let id = generation(chunk) else { return [.odd("a chunk without an id")] }
        // The chunk with the usage has none.
        guard let choice = chunk["choices"]?.arrayValue?.first else { return [.named(id)] }
        let delta = choice["delta"]
        let text = (delta?["content"]?.stringValue ?? "") + (delta?["refusal"]?.stringValue ?? "")
        var said: [FrameMeaning] = [.named(id), .text(text)]
        if let repeated = chunk["content"]?.stringValue, repeated != text {
            said.append(.odd("content that differs from the delta's"))
        }
        if let reason = choice["finish_reason"]?.stringValue {
            let told = ending(reason).map { FrameMeaning.outcome(.finished($0)) }
            said.append(told ?? .odd("the reason \(reason)"))
        }
        return said
    }

    /// The answer's id in an object's.
    static func generation(_ object: JSON) -> String? {
        let mark = "chatcmpl-"
        guard let id = object["id"]?.stringValue, id.hasPrefix(mark) else { return nil }
        return String(id.dropFirst(mark.count))
    }

    /// The ending for which OpenAI's word stands.
    static func ending(_ reason: String) -> Ending? {
        switch reason {
        case "stop": .complete
        case "length": .length
        case "content_filter": .filtered
        case "tool_calls", "function_call": .toolCalls
        default: nil
        }
    }
}

/// Reads an answer in one piece.
enum CompletionReading {
    /// Says what the answer means, its text first.
    static func read(_ body: [UInt8], _ take: (AnswerWord) -> Void) {
        guard let answer = try? JSON.parse(body.span),
            let id = ChunkReading.generation(answer),
            let choice = answer["choices"]?.arrayValue?.first,
            let reason = choice["finish_reason"]?.stringValue
        else { return take(.odd("an answer that is none")) }
        take(.named(id))
        let message = choice["message"]
        let text =
            (message?["content"]?.stringValue ?? "") + (message?["refusal"]?.stringValue ?? "")
        if let repeated = answer["content"]?.stringValue, repeated != text {
            take(.odd("content that differs from the message's"))
        }
        take(.text(text))
        if let status = answer["status"]?.stringValue {
            let code = answer["error"]?["code"]?.stringValue
            take(.end(nil, .failed(Ending(rawValue: status), code: code)))
        } else {
            let ending = ChunkReading.ending(reason)
            take(ending.map { .end(nil, .finished($0)) } ?? .odd("the reason \(reason)"))
        }
    }
}
