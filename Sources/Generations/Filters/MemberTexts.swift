import Wire

/// What an upstream sent beside an answer on its way through the filters.
///
/// Each string is a text of its own, which begins and ends there. What comes in pieces cannot be
/// judged so, and what no filter can read at all neither: both are left out.
struct MemberTexts {
    /// Members that repeat the answer's text or bring it in pieces, by the object that they are in.
    private static let quoting: [(object: String, names: [String])] = [
        (
            "chunk",
            ["__verbose", "completion_probabilities", "content", "text", "token_ids", "tokens"]
        ),
        ("choice", ["logprobs", "message", "text", "token_ids"]),
        ("delta", ["audio", "logprobs", "token_ids"]),
    ]
    /// What a vendor wants back as it was, under reasoning that is as it was.
    private static let signed = ["thinking_blocks", "reasoning_details"]
    /// Where it is in them; `data` is reasoning that the vendor has encrypted.
    private static let signatures = ["signature", "data"]
    /// Members whose strings are no text: a change would only break them.
    private static let opaque = [
        "encrypted_content", "encrypted_index", "format", "id", "model", "object", "role",
        "signature", "thought_signature", "tool_use_id", "type",
    ]
    /// What a tool is given, as JSON: names and numbers in it are text, too.
    private static let arguments = ["arguments", "input"]
    /// Encoded data is not text, and a lot of it.
    private static let minEncodedBytes = 1024

    private var texts: [FilteredText]
    /// Whether a signature has passed.
    private var hasSigned = false
    private var isLeftOut = false

    init(_ chain: FilterChain) { texts = chain.makeTexts() }

    /// Whether a payload has signatures of the reasoning before it.
    static func hasSignature(_ payload: JSON) -> Bool {
        signed.contains { name in
            payload["delta"]?[name]?.arrayValue?.contains { block in
                signatures.contains { block[$0]?.stringValue?.isEmpty == false }
            } ?? false
        }
    }

    /// Takes the payload of a `members` entry.
    ///
    /// - Parameters:
    ///   - payload: an object of objects.
    ///   - isSigned: whether the reasoning is as it was, so that its signatures hold.
    ///   - chain: its state tells whether a filter has ended the answer; then nothing passes.
    /// - Returns: what passes, nil where nothing is left; and whether anything was left out.
    mutating func take(
        _ payload: JSON,
        isSigned: Bool,
        _ chain: inout FilterChain
    ) -> (kept: JSON?, isLeftOut: Bool) {
        guard case .object(let members) = payload else { return (nil, true) }
        var kept: [JSON.Member] = []
        isLeftOut = false
        for member in members {
            // Other choices are other answers, whose texts come in pieces.
            guard case .object(let parts) = member.value else {
                isLeftOut = true
                continue
            }
            var rest: [JSON.Member] = []
            for part in parts {
                let value = take(part, of: member.key, isSigned, &chain)
                guard chain.state == .open else { return (nil, false) }
                if let value {
                    rest.append(JSON.Member(key: part.key, value: value))
                } else {
                    isLeftOut = true
                }
            }
            if !rest.isEmpty { kept.append(JSON.Member(key: member.key, value: .object(rest))) }
        }
        return (kept.isEmpty ? nil : .object(kept), isLeftOut)
    }

    /// Takes a member; returns what is left of its value, nil for nothing.
    private mutating func take(
        _ part: JSON.Member,
        of object: String,
        _ isSigned: Bool,
        _ chain: inout FilterChain
    ) -> JSON? {
        let names = Self.quoting.first { equals($0.object, object) }?.names ?? []
        guard !part.isNamed(oneOf: names) else { return nil }
        guard equals(object, "delta") else { return passed(part, &chain) }
        if part.isNamed(oneOf: Self.signed) {
            guard isSigned else { return unsigned(part.value) }
            let value = passedSigned(part.value, &chain)
            guard value == part.value else { return nil }
            hasSigned = true
            return value
        }
        // A string right in the delta may be a piece of a longer text.
        if case .string = part.value, !part.isNamed(oneOf: Self.opaque) { return nil }
        return passed(part, &chain)
    }

    /// Blocks without their signatures, where one has passed before: it does not cover what was
    /// thought after it, and only another block shows where that begins.
    private mutating func unsigned(_ blocks: JSON) -> JSON? {
        isLeftOut = true
        guard hasSigned else { return nil }
        let rest = (blocks.arrayValue ?? []).compactMap { block -> JSON? in
            guard block["signature"] != nil, let members = block.members else { return nil }
            return .object(
                members.compactMap { member in
                    if member.isNamed(oneOf: ["format", "id", "index", "type"]) { return member }
                    guard member.isNamed(oneOf: ["signature", "text", "thinking"]) else {
                        return nil
                    }
                    return JSON.Member(key: member.key, value: .string(""))
                }
            )
        }
        return rest.isEmpty ? nil : .array(rest)
    }

    private mutating func passed(_ member: JSON.Member, _ chain: inout FilterChain) -> JSON? {
        if case .string = member.value, member.isNamed(oneOf: Self.opaque) { return member.value }
        if member.isNamed(oneOf: Self.arguments), member.value.members != nil {
            var bytes: [UInt8] = []
            member.value.write(into: &bytes)
            let passed = passedJSON(bytes.span, &chain)
            // Two names may have become one.
            return try? JSON.parse(passed.span)
        }
        return passed(member.value, &chain)
    }

    private mutating func passed(_ value: JSON, _ chain: inout FilterChain) -> JSON {
        guard chain.state == .open else { return .null }
        switch value {
        case .null, .bool, .number: return value
        case .string(let text): return .string(passed(text, &chain))
        case .array(let elements): return .array(elements.map { passed($0, &chain) })
        case .object(let members):
            return .object(
                members.map { JSON.Member(key: $0.key, value: passed($0, &chain) ?? .null) }
            )
        }
    }

    /// The same for blocks of reasoning.
    private mutating func passedSigned(_ blocks: JSON, _ chain: inout FilterChain) -> JSON {
        guard case .array(let elements) = blocks else { return passed(blocks, &chain) }
        return .array(
            elements.map { block in
                guard case .object(let members) = block else { return passed(block, &chain) }
                return .object(
                    members.map { member in
                        if member.isNamed(oneOf: Self.signatures) { return member }
                        return JSON.Member(key: member.key, value: passed(member, &chain) ?? .null)
                    }
                )
            }
        )
    }

    private mutating func passed(_ text: String, _ chain: inout FilterChain) -> String {
        let bytes = text.utf8.span
        if Self.isEncoded(bytes) { return text }
        if Self.isJSON(bytes) {
            return String(decoding: passedJSON(bytes, &chain), as: UTF8.self)
        }
        for index in texts.indices { texts[index].reset() }
        chain.take(bytes, of: &texts, isLast: true)
        return String(decoding: chain.output, as: UTF8.self)
    }

    /// Leads JSON through the filters as the arguments of a call go.
    private func passedJSON(_ bytes: Span<UInt8>, _ chain: inout FilterChain) -> [UInt8] {
        var out: [UInt8] = []
        var text = ArgumentText(chain)
        text.take(bytes, &chain, into: &out)
        text.letGo(isEnd: true, &chain, into: &out)
        return out
    }

    /// Whether a string is an object or an array as JSON, such as a tool's arguments.
    private static func isJSON(_ text: Span<UInt8>) -> Bool {
        guard let first = text.indices.first(where: { text[$0] > 0x20 }),
            text[first] == UInt8(ascii: "{") || text[first] == UInt8(ascii: "[")
        else { return false }
        return (try? JSON.parse(text)) != nil
    }

    /// Whether a string is a picture, a sound or the like in Base64.
    private static func isEncoded(_ text: Span<UInt8>) -> Bool {
        guard text.count >= minEncodedBytes else { return false }
        var start = 0
        if equals(text.extracting(first: 5), "data:") {
            while start < text.count, text[start] != UInt8(ascii: ",") { start += 1 }
            start += 1
        }
        for index in min(start, text.count)..<text.count {
            guard isOfBase64(text[index]) else { return false }
        }
        return true
    }

    private static func isOfBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
