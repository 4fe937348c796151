import Wire

/// What the parts of a delta have beside text.
enum OpenAIParts {
    /// Keeps the parts of `content` that are neither text nor thinking: pictures, and Mistral's
    /// references.
    static func readOthers(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        try keep("images", data, at: position, &state) { isImage($0) ? $0 : nil }
        try keep("content_parts", data, at: position, &state) { part in
            let isText = part["text"]?.stringValue != nil || part["summary"]?.stringValue != nil
            let isSaid = isText || part["thinking"] != nil || isImage(part)
            return isSaid ? nil : part
        }
    }

    private static func isImage(_ part: JSON) -> Bool {
        ["image_url", "image", "output_image"].contains(part["type"]?.stringValue)
    }

    /// Keeps those of OpenRouter's `reasoning_details` or LiteLLM's `thinking_blocks` that are more
    /// than text: a vendor wants a signature or an encrypted part back as it was.
    ///
    /// The text itself is said as reasoning.
    static func readDetails(
        _ name: StaticString,
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        try keep(name, data, at: position, &state) { detail in
            guard let members = detail.members else { return nil }
            var kept = members.filter { $0.value != .null }
            // The last piece may have the signature alone.
            if detail["type"] == .string("reasoning.text"), detail["text"] == nil {
                kept.append(JSON.Member(key: "text", value: .string("")))
            }
            let isMore = kept.contains { member in
                !member.isNamed(oneOf: plainMembers) && member.value != .string("")
            }
            guard isMore else { return nil }
            return .object(
                kept.map { member in
                    guard member.isNamed(oneOf: textMembers) else { return member }
                    return JSON.Member(key: member.key, value: .string(""))
                }
            )
        }
    }

    private static let textMembers = ["text", "summary", "thinking"]
    private static let plainMembers = textMembers + ["type", "id", "format", "index"]

    /// Keeps what LiteLLM has in a member of its own, but for what it repeats there in each chunk.
    static func readFields(
        _ data: Span<UInt8>,
        _ key: Range<Int>,
        _ reader: inout JSONReader,
        _ state: inout StreamState
    ) throws(JSONError) {
        let members = try reader.readTree(data).members ?? []
        let others = members.filter { !$0.isNamed(oneOf: repeatedFields) }
        if !others.isEmpty {
            state.takeMember(.delta, "provider_specific_fields", .object(others))
        }
    }

    private static let repeatedFields = ["thinking_blocks", "reasoning_content", "refusal"]

    private static func keep(
        _ name: StaticString,
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState,
        _ kept: (JSON) -> JSON?
    ) throws(JSONError) {
        var reader = JSONReader(position: position)
        guard try reader.peek(data) == .array else { return }
        guard let parts = try reader.readTree(data).arrayValue else { return }
        let others = parts.compactMap { $0.members == nil ? nil : kept($0) }
        guard !others.isEmpty else { return }
        state.takeMember(.delta, name, .array(others))
    }
}
