import ChatFormats
import Wire

/// Says what a frame's data means in a dialect.
struct FrameReading {
    /// What data is.
    private enum Form {
        /// Text, with a name for what it is; JSON where it is no text.
        case named(token: String, mark: String)
        case content
        case openAI
    }

    private let form: Form

    /// Reads frames of a dialect.
    init(_ dialect: Dialect) {
        switch dialect {
        case .text: form = .named(token: "", mark: "")
        case .tokens: form = .named(token: "newToken", mark: "end")
        case .content: form = .content
        case .openai: form = .openAI
        default: form = .named(token: "token", mark: "done")
        }
    }

    /// How an answer has ended of whose end only the mark came; nil where more must come.
    func unspoken(_ places: ClientRequest.Places) -> ToldEnding? {
        switch form {
        case .named(token: "", mark: _) where places == .none: .finishedSomehow
        case .named(token: _, mark: "done"), .openAI: nil
        case .named, .content: .finished(.complete)
        }
    }

    /// Says what a block's data means.
    ///
    /// - Parameters:
    ///   - name: the event's.
    ///   - data: its lines.
    /// - Returns: each thing that it says.
    func read(_ name: String, _ data: [UInt8]) -> [FrameMeaning] {
        if case .named(let token, let mark) = form {
            return readNamed(name, data, token: token, mark: mark)
        }
        guard name.isEmpty else { return [.odd("the event \(name)")] }
        if data.elementsEqual(Self.done) { return [.mark] }
        guard let json = try? JSON.parse(data.span) else { return [.odd("data that is not JSON")] }
        if case .content = form { return Self.readContent(json) }
        return ChunkReading.read(json)
    }

    /// Says what the data of a line of JSON means.
    func read(_ name: String, _ data: JSON) -> [FrameMeaning] {
        switch (name, data) {
        case ("done", .string("[DONE]")): [.mark]
        case ("token", .string(let text)), ("refusal", .string(let text)): [.text(text)]
        case ("reasoning", .string): []
        default: readEvent(name, data)
        }
    }

    private static let done = Array("[DONE]".utf8)

    private func readNamed(
        _ name: String,
        _ data: [UInt8],
        token: String,
        mark: String
    ) -> [FrameMeaning] {
        if name == mark, data.elementsEqual(Self.done) { return [.mark] }
        if name == token || name == "refusal" {
            return [.text(String(decoding: data, as: UTF8.self))]
        }
        if name == "reasoning" { return [] }
        guard let json = try? JSON.parse(data.span) else {
            return [.odd("the event \(name), which is not JSON")]
        }
        return readEvent(name, json)
    }

    private func readEvent(_ name: String, _ data: JSON) -> [FrameMeaning] {
        let ending = data["status"]?.stringValue.flatMap { Ending(rawValue: $0) }
        switch name {
        case "start":
            return [data["id"]?.stringValue.map { .named($0) } ?? .odd("a start without an id")]
        case "finish":
            return [ending.map { .outcome(.finished($0)) } ?? .odd("an end without a status")]
        case "error":
            guard let error = data["error"] else { return [.odd("an error without one")] }
            if data["status"]?.stringValue == "refused" {
                return [.refused(Refusal(nil, error))]
            }
            return [.failure(.failed(ending, code: error["code"]?.stringValue))]
        case "restored":
            let text = data["content"]?.stringValue
            return [text.map { .restored($0) } ?? .odd("nothing restored")]
        case "queued", "extra", "tool_call": return []
        default: return [.odd("the event \(name)")]
        }
    }

    private static func readContent(_ data: JSON) -> [FrameMeaning] {
        let ending = data["status"]?.stringValue.flatMap { Ending(rawValue: $0) }
        if data["error"] != nil {
            return [
                ending.map { .outcome(.failed($0, code: nil)) } ?? .odd("an error without a status")
            ]
        }
        guard let text = data["content"]?.stringValue else { return [.odd("no content")] }
        return (ending.map { [.outcome(.finished($0))] } ?? []) + [.text(text)]
    }
}
