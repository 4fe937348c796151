import Wire

/// Small steps that both protocols' readers take through an event's JSON.
extension JSONReader {
    /// Consumes a value; returns where the text of a string is, without its quotes.
    mutating func rawString(_ data: Span<UInt8>) throws(JSONError) -> Range<Int>? {
        guard try peek(data) == .string else {
            try skip(data)
            return nil
        }
        let start = position + 1
        try skip(data)
        return start..<(position - 1)
    }

    /// Consumes a value; returns the text of a string that is not empty.
    mutating func readText(_ data: Span<UInt8>) throws(JSONError) -> String? {
        guard try peek(data) == .string else {
            try skip(data)
            return nil
        }
        var bytes: [UInt8] = []
        try readString(data, into: &bytes)
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Consumes a value and builds a tree of it: for what is rare and small.
    mutating func readTree(_ data: Span<UInt8>) throws(JSONError) -> JSON {
        let start = position
        try skip(data)
        return try JSON.parse(data.extracting(start..<position))
    }
}

/// Compares a member's name, or another word of the protocol, with a known one.
///
/// A token costs some forty of these, so any other length is refused at once. Only a `\u` escape,
/// five bytes longer than its letter, could spell a known name at another length.
func isNamed(_ data: Span<UInt8>, _ range: Range<Int>, _ name: StaticString) -> Bool {
    let excess = range.count - name.utf8CodeUnitCount
    if excess != 0 { return excess > 0 && excess % 5 == 0 && matches(data, range, name) }
    var index = range.lowerBound
    for offset in 0..<name.utf8CodeUnitCount {
        guard data[index] == name.utf8Start[offset] else { return false }
        index += 1
    }
    return true
}

extension EntryLog {
    /// Adds an entry with a string's text, read straight into the log.
    ///
    /// - Returns: `false` where the value is null or an empty string, which makes no entry.
    mutating func appendString(
        _ kind: EntryKind,
        _ data: Span<UInt8>,
        at position: Int,
        _ state: inout StreamState
    ) throws(JSONError) -> Bool {
        var reader = JSONReader(position: position)
        switch try reader.peek(data) {
        case .null: return false
        case .string:
            let start = reader.position
            let before = bytes.count
            try reader.readString(data, into: &bytes)
            guard bytes.count > before else { return false }
            seal(kind)
            state.added = (state.added.count + 1, kind, start)
            return true
        default:
            state.reject("the upstream sent a value that is not a string where text belongs")
            return false
        }
    }
}
