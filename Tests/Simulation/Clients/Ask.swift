import ChatFormats
import Generations
import Wire

/// A question, which a client may put in any tongue; asked again under its key it is the same.
struct Ask {
    /// What a client does with an event stream.
    enum Reading {
        /// It takes blocks apart as the standard says, and asks for `text/event-stream`.
        case standard
        /// It reads with `fetch` and takes all of a block for its data.
        case fetch
    }

    /// The question's text.
    var prompt: String
    /// The model that is named; nil for the relay's default.
    var model: String?
    /// The conversation, if it belongs to one.
    var conversation: String?
    /// Who asks, by the history's name.
    var user: String?
    /// The client's own name for the question.
    var key: String?
    /// What happens when the last reader leaves; nil for the route's own.
    var onDisconnect: OnDisconnect?
    /// The steps in which the client wants what comes, in milliseconds.
    var smooth: Int?
    /// Fields that all of the client's requests have, such as its credential.
    var fields: HeaderFields = [:]

    init(_ prompt: String) { self.prompt = prompt }

    /// Writes the request.
    ///
    /// - Parameters:
    ///   - tongue: how it is put.
    ///   - reading: what the client does with events.
    ///   - chance: picks one of several names and places for the same thing.
    /// - Returns: the first request; in two steps, `ClientRequest.announced` is the second.
    func request(in tongue: Tongue, _ reading: Reading, by chance: Chance) -> ClientRequest {
        var fields = fields
        let isGet = tongue == .eventSource
        if isGet || reading == .standard { fields.append("Accept", "text/event-stream") }
        let keyInFields = key != nil && !isGet && chance.happens(oneIn: 2)
        if keyInFields, let key { fields.append("Idempotency-Key", key) }
        guard !isGet else {
            fields.append("Cache-Control", "no-cache")
            return ClientRequest(
                "GET",
                "\(tongue.path)?\(query(by: chance))",
                fields,
                expected: .stream(.events, .given)
            )
        }
        var body: [UInt8] = []
        JSON.object(members(in: tongue, hasKey: !keyInFields, by: chance)).write(into: &body)
        let isNamed = tongue == .ndjson || tongue == .plain
        let target = isNamed ? "\(tongue.path)?format=\(tongue.dialect.name)" : tongue.path
        let expected = expected(of: tongue, reading)
        return ClientRequest("POST", target, fields, body: body, expected: expected)
    }

    /// Whether the relay takes the question for the same under its key, in either tongue.
    ///
    /// OpenAI's own requests send the user to the upstream, too: with one it is another question.
    func isSame(in one: Tongue, as other: Tongue) -> Bool {
        user == nil || one.isOpenAIs == other.isOpenAIs
    }

    private func expected(of tongue: Tongue, _ reading: Reading) -> ClientRequest.Expected {
        switch tongue {
        case .whole: return .completion
        case .twoSteps: return .announcement
        default: break
        }
        let hasPlaces =
            tongue.hasPlaces && (tongue.alwaysHasPlaces || reading == .standard)
        return .stream(tongue.dialect, hasPlaces ? .given : .none)
    }

    private func members(
        in tongue: Tongue,
        hasKey: Bool,
        by chance: Chance
    ) -> [JSON.Member] {
        var members = question(in: tongue, by: chance)
        func add(_ name: String, _ value: String?) {
            if let value { members.append(.init(key: name, value: .string(value))) }
        }
        add("model", model)
        add("conversation", conversation)
        add("user", user)
        if hasKey { add("id", key) }
        add("on_disconnect", onDisconnect?.description)
        if let smooth { members.append(.init(key: "smooth", value: .number("\(smooth)"))) }
        if tongue == .openAI { members.append(.init(key: "stream", value: .bool(true))) }
        return members
    }

    private func question(in tongue: Tongue, by chance: Chance) -> [JSON.Member] {
        guard tongue.isOpenAIs || chance.happens(oneIn: 3) else {
            let name = chance.happens(oneIn: 2) ? "message" : "prompt"
            return [.init(key: name, value: .string(prompt))]
        }
        let message: [JSON.Member] = [
            .init(key: "role", value: .string("user")),
            .init(key: "content", value: .string(prompt)),
        ]
        return [.init(key: "messages", value: .array([.object(message)]))]
    }

    private func query(by chance: Chance) -> String {
        var items = ["prompt=\(PercentEncoding.encode(prompt))"]
        func add(_ name: String, _ value: String?) {
            if let value { items.append("\(name)=\(PercentEncoding.encode(value))") }
        }
        add("model", model)
        add("conversation", conversation)
        add("user", user)
        add(chance.happens(oneIn: 2) ? "id" : "stream", key)
        add("on_disconnect", onDisconnect?.description)
        add("smooth", smooth.map { "\($0)" })
        return items.joined(separator: "&")
    }
}
