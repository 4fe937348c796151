import Wire

/// What a vendor's usage has beside the counts that the relay knows.
struct UsageMembers: Sendable, Equatable {
    /// Of the object itself.
    private(set) var top: [JSON.Member] = []
    /// Of `prompt_tokens_details`.
    private(set) var prompt: [JSON.Member] = []
    /// Of `completion_tokens_details`.
    private(set) var completion: [JSON.Member] = []

    /// Usage objects that are longer are not kept: only their counts are.
    static let maxBytes = 64 * 1024

    init() {}

    /// Takes those of an object in OpenAI's shape.
    init(_ usage: JSON) {
        for member in usage.members ?? [] {
            switch member.key {
            case "prompt_tokens", "completion_tokens", "total_tokens", "estimated": break
            case "prompt_tokens_details": prompt = Self.said(member.value, but: "cached_tokens")
            case "completion_tokens_details":
                completion = Self.said(member.value, but: "reasoning_tokens")
            default: add(member)
            }
        }
    }

    /// Takes those of an object in Anthropic's shape, whose own counts are said in OpenAI's.
    init(anthropic members: [JSON.Member]) {
        for member in members {
            switch member.key {
            case "input_tokens", "output_tokens": break
            case "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details",
                "completion_tokens_details", "estimated":
                break
            case "cache_creation_input_tokens":
                add(member)
                let count = member.value
                guard Usage.count(count.intValue) != nil else { break }
                prompt.append(JSON.Member(key: "cache_write_tokens", value: count))
            default: add(member)
            }
        }
    }

    /// Notes that an object was too long to be kept.
    static func leftOut(bytes: Int) -> UsageMembers {
        var members = UsageMembers()
        let count = JSON.Member(key: "bytes", value: .number("\(bytes)"))
        members.add(JSON.Member(key: "relay_left_out", value: .object([count])))
        return members
    }

    private mutating func add(_ member: JSON.Member) {
        if member.value.saysSomething { top.append(member) }
    }

    private static func said(_ details: JSON, but name: String) -> [JSON.Member] {
        (details.members ?? []).filter { !equals($0.key, name) && $0.value.saysSomething }
    }
}

extension JSON {
    /// Whether it is more than null, an empty text, or nothing but these.
    var saysSomething: Bool {
        switch self {
        case .null: false
        case .bool, .number: true
        case .string(let text): !text.isEmpty
        case .array(let elements): elements.contains(where: \.saysSomething)
        case .object(let members): members.contains(where: \.value.saysSomething)
        }
    }
}
