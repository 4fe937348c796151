extension JSON {
    /// Reads a whole JSON text, strictly (RFC 8259).
    ///
    /// - Throws: `JSONError` for everything that the grammar does not allow, and for the cases that
    ///   it leaves open, which are listed there.
    package static func parse(
        _ bytes: Span<UInt8>,
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSON {
        var builder = TreeBuilder(limits)
        return try builder.build(bytes)
    }
}

/// The names of an object's members so far.
///
/// They are bytes: `String` would call composed and decomposed characters the same name.
private struct Names {
    /// Objects with more members are searched by hash; with fewer, as most have, no set pays off.
    private static let maxCompared = 16
    private var hashed: Set<[UInt8]> = []

    /// - Returns: whether the name is new.
    mutating func insert(_ name: [UInt8], besides members: [JSON.Member]) -> Bool {
        guard members.count >= Self.maxCompared else {
            return !members.contains { equals($0.key.utf8.span, name.span) }
        }
        if hashed.isEmpty { hashed = Set(members.map { Array($0.key.utf8) }) }
        return hashed.insert(name).inserted
    }
}

/// Builds a tree from what a `JSONReader` finds.
private struct TreeBuilder {
    private let limits: JSONLimits
    private var reader: JSONReader
    private var valueCount = 0

    /// Holds one string at a time between the text and the tree.
    private var scratch: [UInt8] = []

    init(_ limits: JSONLimits) {
        self.limits = limits
        reader = JSONReader(maxDepth: limits.maxDepth)
    }

    mutating func build(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        let value = try value(bytes)
        try reader.finish(bytes)
        return value
    }

    /// Reads one value; it calls itself no deeper than the reader's limit.
    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        let kind = try reader.peek(bytes)
        guard valueCount < limits.maxValues else {
            throw .tooManyValues(limit: limits.maxValues, offset: reader.position)
        }
        valueCount += 1
        switch kind {
        case .object: return .object(try members(bytes))
        case .array:
            try reader.enterArray(bytes)
            var elements: [JSON] = []
            while try reader.nextElement(bytes) { elements.append(try value(bytes)) }
            return .array(elements)
        case .string:
            let start = reader.position
            scratch.removeAll(keepingCapacity: true)
            try reader.readString(bytes, into: &scratch)
            return .string(try scratchText(from: start))
        case .number: return .number(try number(bytes))
        case .true:
            try reader.skipLiteral(bytes, "true")
            return .bool(true)
        case .false:
            try reader.skipLiteral(bytes, "false")
            return .bool(false)
        case .null:
            try reader.skipLiteral(bytes, "null")
            return .null
        }
    }

    private mutating func members(_ bytes: Span<UInt8>) throws(JSONError) -> [JSON.Member] {
        try reader.enterObject(bytes)
        var members: [JSON.Member] = []
        var names = Names()
        while let range = try reader.nextKey(bytes) {
            scratch.removeAll(keepingCapacity: true)
            var nameReader = JSONReader(position: range.lowerBound - 1)
            try nameReader.readString(bytes, into: &scratch)
            let name = try scratchText(from: range.lowerBound - 1)
            guard names.insert(scratch, besides: members) else {
                throw .duplicateKey(name: name, offset: range.lowerBound - 1)
            }
            members.append(.init(key: name, value: try value(bytes)))
        }
        return members
    }

    /// The string that was read into `scratch` from an offset.
    private func scratchText(from offset: Int) throws(JSONError) -> String {
        guard limits.allowsLongMarkRuns || !CombiningMarks.hasLongRun(scratch.span) else {
            throw .tooManyMarks(limit: CombiningMarks.maxRun, offset: offset)
        }
        return String(decoding: scratch, as: UTF8.self)
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        let range = try reader.skipNumber(bytes)
        var text: [UInt8] = []
        text.append(span: bytes.extracting(range))
        let number = String(decoding: text, as: UTF8.self)
        guard let value = Double(number), value.isFinite else {
            throw .numberOutOfRange(offset: range.lowerBound)
        }
        return number
    }
}
