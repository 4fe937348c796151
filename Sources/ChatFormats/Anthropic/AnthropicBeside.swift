import Wire

/// What Anthropic's content blocks have beside text, thinking and calls of the client's tools.
///
/// Clients get it in OpenAI's `delta`: `thinking_blocks` with what a further turn must give back,
/// `annotations` and `citations`, and `content_blocks` with tools that run at the vendor and their
/// results.
struct AnthropicBeside {
    /// The signature of the thinking block that is open, in pieces.
    private var signature: [UInt8] = []
    /// A block of the vendor's own that is open, and its input in pieces.
    private var block: [JSON.Member] = []
    private var input: [UInt8] = []
    /// Whether there has been text, and whether another block followed it.
    private var hasText = false
    private var isInterrupted = false
    /// Whether the answer has citations: then its sentences are in several blocks of text.
    private var isCited = false

    /// The members of a block that are said as text or as calls, or say nothing.
    enum Kind {
        case text, thinking, redacted, toolUse, other

        init(_ type: String?) {
            self =
                switch type {
                case nil, "text": .text
                case "thinking": .thinking
                case "redacted_thinking": .redacted
                case "tool_use": .toolUse
                default: .other
                }
        }
    }
}

extension StreamState {
    /// Notes that a content block begins; what the one before has beside its text is whole.
    mutating func anthropicBlockBegins(
        _ kind: AnthropicBeside.Kind,
        _ data: Span<UInt8>,
        at position: Int
    ) throws(JSONError) {
        anthropicBlockEnds()
        anthropicBeside.begins(kind)
        guard kind != .toolUse else { return }
        var reader = JSONReader(position: position)
        guard let members = try reader.readTree(data).members else { return }
        switch kind {
        case .toolUse: break
        case .thinking:
            anthropicBeside.addSignature(members)
        case .redacted: takeMember(.delta, "thinking_blocks", .array([.object(members)]))
        case .text:
            let citations = members.first { equals($0.key, "citations") }?.value.arrayValue
            if citations != nil { anthropicBeside.noteCitations() }
            for citation in citations ?? [] { takeCitation(citation) }
            anthropicBeside.beginsText()
        case .other: anthropicBeside.opens(members)
        }
    }

    /// Notes that the open content block ends.
    mutating func anthropicBlockEnds() {
        if let signed = anthropicBeside.takeSigned() {
            takeMember(.delta, "thinking_blocks", .array([signed]))
        }
        if let block = anthropicBeside.takeBlock() {
            takeMember(.delta, "content_blocks", .array([block]))
        }
    }

    /// Keeps a citation as Anthropic has it and, where it has an address, as OpenAI has it.
    mutating func takeCitation(_ citation: JSON) {
        anthropicBeside.noteCitations()
        takeMember(.delta, "citations", .array([citation]))
        guard let url = citation["url"], url.stringValue != nil else { return }
        var members = [JSON.Member(key: "url", value: url)]
        for (key, name) in [("title", "title"), ("content", "cited_text")] {
            guard let value = citation[name], value.stringValue != nil else { continue }
            members.append(JSON.Member(key: key, value: value))
        }
        let annotation = JSON.object([
            JSON.Member(key: "type", value: .string("url_citation")),
            JSON.Member(key: "url_citation", value: .object(members)),
        ])
        takeMember(.delta, "annotations", .array([annotation]))
    }
}

extension AnthropicBeside {
    fileprivate mutating func begins(_ kind: Kind) {
        if kind != .text, hasText { isInterrupted = true }
    }

    /// Notes that a block of text begins.
    fileprivate mutating func beginsText() {
        if hasText, !isCited { isInterrupted = true }
    }

    /// Notes that the answer has citations.
    mutating func noteCitations() { isCited = true }

    /// Whether a blank line belongs before the next text: it is that of another block.
    ///
    /// With citations, blocks of text that follow each other are one paragraph.
    mutating func takesBreak() -> Bool {
        defer { isInterrupted = false }
        return isInterrupted
    }

    /// Whether another block came after text.
    var isAfterBreak: Bool { isInterrupted }

    /// Notes that there is text.
    mutating func saysText() { hasText = true }

    fileprivate mutating func addSignature(_ members: [JSON.Member]) {
        let given = members.first { equals($0.key, "signature") }?.value.stringValue
        if let given { signature.append(text: given) }
    }

    /// Adds a piece of the open thinking block's signature.
    mutating func addSignature(_ piece: String) { signature.append(text: piece) }

    fileprivate mutating func opens(_ members: [JSON.Member]) { block = members }

    /// Whether the open block is one of the vendor's own.
    var hasBlock: Bool { !block.isEmpty }

    /// Adds a piece of the open block's input.
    mutating func addInput(_ piece: String) { input.append(text: piece) }

    /// Adds what a delta brings for the open block: texts are joined, lists too.
    mutating func add(_ delta: [JSON.Member]) {
        for member in delta where !equals(member.key, "type") {
            guard let index = block.firstIndex(where: { equals($0.key, member.key) }) else {
                block.append(member)
                continue
            }
            switch (block[index].value, member.value) {
            case (.string(let old), .string(let new)): block[index].value = .string(old + new)
            case (.array(let old), .array(let new)): block[index].value = .array(old + new)
            default: block[index].value = member.value
            }
        }
    }

    fileprivate mutating func takeSigned() -> JSON? {
        guard !signature.isEmpty else { return nil }
        defer { signature = [] }
        return .object([
            JSON.Member(key: "type", value: .string("thinking")),
            // It has been said as reasoning.
            JSON.Member(key: "thinking", value: .string("")),
            JSON.Member(
                key: "signature",
                value: .string(String(decoding: signature, as: UTF8.self))
            ),
        ])
    }

    fileprivate mutating func takeBlock() -> JSON? {
        guard !block.isEmpty else { return nil }
        defer { (block, input) = ([], []) }
        if !input.isEmpty {
            let text = String(decoding: input, as: UTF8.self)
            let value = (try? JSON.parse(input.span)) ?? .string(text)
            block.removeAll { equals($0.key, "input") }
            block.append(JSON.Member(key: "input", value: value))
        }
        return .object(block)
    }
}

extension EntryLog {
    /// Adds the text of a block, or a piece of it.
    mutating func appendBlockText(
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) {
        if state.anthropicBeside.isAfterBreak {
            var reader = JSONReader(position: position)
            if try reader.readText(data) != nil, state.anthropicBeside.takesBreak() {
                appendBlockBreak()
            }
        }
        if try appendString(.text, data, at: position, &state) { state.anthropicBeside.saysText() }
    }

    /// Adds a blank line before the text of a content block, where another kind of block came
    /// after the text before; not inlined, since that is rare.
    @inline(never)
    fileprivate mutating func appendBlockBreak() {
        var n = count - 1
        while n >= first, kind(n) != .text { n -= 1 }
        // What was dropped from memory did most likely not end a line.
        if n >= first, bytes[range(n)].last == UInt8(ascii: "\n") { return }
        bytes.append(literal: "\n\n")
        seal(.text)
    }
}
