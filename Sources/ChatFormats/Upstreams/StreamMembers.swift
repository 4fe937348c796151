import Wire

/// What an upstream's events have beside the text, until it is an entry of kind `members`.
///
/// Such an entry is an object with a member for each place: `chunk` for the top level, `choice` for
/// the first choice, `delta` for what that choice adds, and `choices`, an array, for further
/// choices. It has what differs from the events before and is not void.
///
/// What comes before any content waits for it: an answer has not begun with its first chunk's
/// fingerprint, and an attempt that fails after that can be made again.
struct StreamMembers {
    /// Where in an event a member is; in the order in which an entry has them.
    enum Place: UInt8, CaseIterable {
        case chunk, choice, delta, choices

        var name: StaticString {
            switch self {
            case .chunk: "chunk"
            case .choice: "choice"
            case .delta: "delta"
            case .choices: "choices"
            }
        }
    }

    /// A member that waits, by where it is in `bytes`; the key without its quotes.
    private struct Item {
        let place: Place
        let key: Range<Int>
        let value: Range<Int>
    }

    /// A member as it was last said.
    private struct Known {
        let place: Place
        let key: [UInt8]
        var value: [UInt8]

        func isOf(_ place: Place, _ name: Span<UInt8>) -> Bool {
            let key = key
            return self.place == place && equals(key.span, name)
        }

        func says(_ text: Span<UInt8>) -> Bool {
            let value = value
            return equals(value.span, text)
        }
    }

    /// How much of an answer's log the members of chunks and of the first choice may take.
    ///
    /// Logprobs are many times as long as their text. Content, such as pictures and further
    /// choices, has the bound of the answer alone.
    static let maxBytes = 1024 * 1024
    /// How deep a value may be nested, so that a record that has it can be read again.
    private static let maxDepth = JSONReader.defaultMaxDepth - 8
    private static let maxKnownCount = 64
    private static let maxKnownBytes = 64 * 1024

    private var bytes: [UInt8] = []
    private var items: [Item] = []
    private var known: [Known] = []
    /// How much has been taken that `maxBytes` bounds.
    private var boundedBytes = 0
    /// What was left out, and not yet said.
    private var leftOut = (members: 0, bytes: 0)
    /// Whether what waits is content by itself.
    private var isContent = false
    /// Whether the answer has begun, with text or otherwise.
    private var hasContent = false

    /// Whether there is something for the log, once the answer has begun.
    var isEmpty: Bool { items.isEmpty }

    /// How many bytes of the log are entries of this kind.
    private(set) var writtenBytes = 0

    /// Takes a member, unless it is void or the same as before.
    ///
    /// - Parameters:
    ///   - place: where it is.
    ///   - key: its name, with its escapes.
    ///   - value: its value, which is well-formed.
    @inline(never)
    mutating func take(_ place: Place, _ key: Span<UInt8>, _ value: Span<UInt8>) {
        guard !Self.isVoid(value) else { return }
        let adds = Self.adds(place, key, value)
        if !adds, isKnown(place, key, value) { return }
        guard Self.isReadable(value) else { return leaveOut(value) }
        if place == .chunk || place == .choice {
            guard boundedBytes + value.count <= Self.maxBytes else { return leaveOut(value) }
            boundedBytes += key.count + value.count
        } else {
            isContent = true
        }
        // An object has a name once; what waits may be of several events.
        if !adds { removeItem(place, key) }
        append(place, key, value)
    }

    /// Takes one of the further choices.
    @inline(never)
    mutating func takeChoice(_ choice: Span<UInt8>) {
        guard Self.isReadable(choice) else { return leaveOut(choice) }
        if Self.saysSomething(choice) { isContent = true }
        append(.choices, Span(), choice)
    }

    /// Whether a member adds to what came before, and does not only say how things are: then it
    /// counts each time.
    private static func adds(_ place: Place, _ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        switch place {
        case .chunk: return false
        case .choices: return true
        case .choice:
            return value[0] == UInt8(ascii: "[") || equals(key, "logprobs")
        case .delta:
            var reader = JSONReader()
            return (try? hasPieces(value, &reader)) ?? true
        }
    }

    /// Whether there are texts or lists in a value: numbers and truth values add up to nothing.
    private static func hasPieces(
        _ value: Span<UInt8>,
        _ reader: inout JSONReader
    ) throws(JSONError) -> Bool {
        switch try reader.peek(value) {
        case .string, .array: return true
        case .object:
            try reader.enterObject(value)
            while try reader.nextKey(value) != nil {
                if try hasPieces(value, &reader) { return true }
            }
            return false
        case .number, .true, .false, .null:
            try reader.skip(value)
            return false
        }
    }

    /// Whether a value says nothing: null, an empty text, or nothing but these.
    private static func isVoid(_ value: Span<UInt8>) -> Bool {
        var reader = JSONReader()
        return (try? isVoid(value, &reader)) ?? false
    }

    private static func isVoid(
        _ value: Span<UInt8>,
        _ reader: inout JSONReader
    ) throws(JSONError) -> Bool {
        switch try reader.peek(value) {
        case .null: return reader.skipNull(value)
        case .string: return try reader.rawString(value)?.isEmpty ?? true
        case .object:
            try reader.enterObject(value)
            while try reader.nextKey(value) != nil {
                guard try isVoid(value, &reader) else { return false }
            }
            return true
        case .array:
            try reader.enterArray(value)
            while try reader.nextElement(value) {
                guard try isVoid(value, &reader) else { return false }
            }
            return true
        case .number, .true, .false: return false
        }
    }

    private static func isReadable(_ value: Span<UInt8>) -> Bool {
        var reader = JSONReader(maxDepth: maxDepth)
        do throws(JSONError) { try reader.skip(value) } catch { return false }
        return true
    }

    /// Whether a further choice has more than an index, a role and void members.
    private static func saysSomething(_ choice: Span<UInt8>) -> Bool {
        guard let members = (try? JSON.parse(choice))?.members else { return true }
        return members.contains { member in
            guard !equals(member.key, "index") else { return false }
            guard let inner = member.value.members else {
                return member.value != .null && member.value != .string("")
            }
            return inner.contains {
                !equals($0.key, "role") && $0.value != .null && $0.value != .string("")
            }
        }
    }

    private mutating func isKnown(
        _ place: Place,
        _ key: Span<UInt8>,
        _ value: Span<UInt8>
    ) -> Bool {
        for index in known.indices {
            guard known[index].isOf(place, key) else { continue }
            if known[index].says(value) { return true }
            known[index].value.removeAll(keepingCapacity: true)
            if value.count <= Self.maxKnownBytes { known[index].value.append(span: value) }
            return false
        }
        guard known.count < Self.maxKnownCount, value.count <= Self.maxKnownBytes else {
            return false
        }
        known.append(Known(place: place, key: Self.copy(key), value: Self.copy(value)))
        return false
    }

    private static func copy(_ span: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(span: span)
        return bytes
    }

    private mutating func removeItem(_ place: Place, _ key: Span<UInt8>) {
        let bytes = bytes
        for index in items.indices.reversed() where items[index].place == place {
            if equals(bytes.span.extracting(items[index].key), key) { items.remove(at: index) }
        }
    }

    private mutating func append(_ place: Place, _ key: Span<UInt8>, _ value: Span<UInt8>) {
        let keyStart = bytes.count
        bytes.append(span: key)
        let valueStart = bytes.count
        // An entry is one line; line ends can only be white space between values.
        var start = 0
        for index in value.indices {
            guard value[index] == UInt8(ascii: "\n") || value[index] == UInt8(ascii: "\r") else {
                continue
            }
            bytes.append(span: value.extracting(start..<index))
            start = index + 1
        }
        bytes.append(span: value.extracting(start...))
        items.append(
            Item(place: place, key: keyStart..<valueStart, value: valueStart..<bytes.count)
        )
    }

    private mutating func leaveOut(_ value: Span<UInt8>) {
        leftOut = (leftOut.members + 1, leftOut.bytes + value.count)
    }
}

// MARK: Writing

extension StreamMembers {
    /// Puts what waits before the entries that its event has added, once there is content.
    ///
    /// - Parameters:
    ///   - log: the answer.
    ///   - mark: the log's end before the event.
    ///   - isOver: whether the upstream has said how the answer ended, so that nothing has to wait.
    @inline(never)
    mutating func move(into log: inout EntryLog, at mark: EntryLog.Mark, isOver: Bool) {
        hasContent = hasContent || isContent || isOver || log.bytesAfter(mark) > 0
        guard hasContent else { return }
        // A signature is of the reasoning before it.
        let end = log.mark(after: .reasoning, from: mark)
        insert(items.filter(isOfReasoning), into: &log, at: end)
        insert(items.filter { !isOfReasoning($0) }, into: &log, at: mark)
        items.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        isContent = false
    }

    private mutating func insert(
        _ items: [Item],
        into log: inout EntryLog,
        at mark: EntryLog.Mark
    ) {
        // Two pieces of one name in one event are two entries.
        var rest = items
        var payloads: [[UInt8]] = []
        while !rest.isEmpty {
            var payload: [UInt8] = []
            rest = write(rest, into: &payload)
            writtenBytes += payload.count
            payloads.append(payload)
        }
        for payload in payloads.reversed() { log.insert(.members, payload.span, at: mark) }
    }

    private func isOfReasoning(_ item: Item) -> Bool {
        let bytes = bytes
        let key = bytes.span.extracting(item.key)
        return equals(key, "thinking_blocks") || equals(key, "reasoning_details")
    }

    /// Notes that an event without members has added content.
    mutating func noteContent() { hasContent = true }

    /// Drops what a broken event has brought.
    mutating func drop() {
        bytes.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
        isContent = false
    }

    /// Adds what still waits, and says how much was left out.
    mutating func finish(into log: inout EntryLog) {
        if hasContent, !items.isEmpty { move(into: &log, at: log.mark, isOver: true) }
        guard hasContent, leftOut.members > 0 else { return }
        var payload: [UInt8] = []
        payload.append(literal: "{\"chunk\":{\"relay_left_out\":{\"members\":")
        payload.append(decimal: leftOut.members)
        payload.append(literal: ",\"bytes\":")
        payload.append(decimal: leftOut.bytes)
        payload.append(literal: "}}}")
        writtenBytes += payload.count
        log.append(.members, payload.span)
        leftOut = (0, 0)
    }

    /// Appends an entry's payload; returns those items for which it has no room, because it has
    /// their names already.
    private func write(_ items: [Item], into out: inout [UInt8]) -> [Item] {
        var later: [Item] = []
        let bytes = bytes
        out.append(UInt8(ascii: "{"))
        for place in Place.allCases {
            var taken: [Item] = []
            for item in items where item.place == place {
                let key = bytes[item.key]
                let isRepeated = place != .choices && taken.contains { bytes[$0.key] == key }
                if isRepeated { later.append(item) } else { taken.append(item) }
            }
            guard !taken.isEmpty else { continue }
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            out.append(UInt8(ascii: "\""))
            out.append(literal: place.name)
            out.append(literal: place == .choices ? "\":[" : "\":{")
            for (index, item) in taken.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                if place != .choices {
                    out.append(UInt8(ascii: "\""))
                    out.append(span: bytes.span.extracting(item.key))
                    out.append(literal: "\":")
                }
                out.append(span: bytes.span.extracting(item.value))
            }
            out.append(UInt8(ascii: place == .choices ? "]" : "}"))
        }
        out.append(UInt8(ascii: "}"))
        return later
    }
}
