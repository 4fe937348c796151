package import Wire

/// The entries whose payload is JSON, written in one place so that all readers find one shape.
extension EntryLog {
    /// Adds the entry that every log begins with.
    package mutating func appendStart(id: String, model: String, created: Int) {
        bytes.append(literal: "{\"id\":")
        JSONText.appendString(id, into: &bytes)
        bytes.append(literal: ",\"model\":")
        JSONText.appendString(model, into: &bytes)
        bytes.append(literal: ",\"created\":")
        bytes.append(decimal: created)
        bytes.append(literal: "}")
        seal(.start)
    }

    /// Adds what the answer cost.
    package mutating func appendUsage(_ usage: Usage) {
        usage.append(into: &bytes)
        seal(.usage)
    }

    /// Adds an entry with the text of a JSON string, read straight into the log; adds none where
    /// the value is not a string or is empty.
    ///
    /// - Parameters:
    ///   - kind: the kind of the entry.
    ///   - position: where the value begins.
    ///   - json: the text that holds it.
    /// - Throws: what is wrong with the JSON; the log is unusable after that.
    package mutating func append(
        _ kind: EntryKind,
        textAt position: Int,
        in json: Span<UInt8>
    ) throws(JSONError) {
        var ahead = JSONReader(position: position)
        guard try ahead.peek(json) == .string else { return }
        try ahead.skip(json)
        let start = bytes.count
        // Escapes are longer than what they stand for. Growing would copy a long text.
        bytes.reserveCapacity(start + ahead.position - position)
        var reader = JSONReader(position: position)
        try reader.readString(json, into: &bytes)
        if bytes.count > start { seal(kind) }
    }

    /// Ends the log with a finish entry: the answer is as whole as it will be.
    ///
    /// - Parameters:
    ///   - ending: how it ended.
    ///   - finishReason: OpenAI's word for it, or the vendor's own where nobody knows it.
    ///   - native: the vendor's word where that is not one of OpenAI's.
    package mutating func appendFinish(
        _ ending: Ending,
        finishReason: String,
        native: String? = nil
    ) {
        assert(ending.isFinish)
        bytes.append(literal: "{\"status\":")
        JSONText.appendString(ending.rawValue, into: &bytes)
        bytes.append(literal: ",\"finish_reason\":")
        JSONText.appendString(finishReason, into: &bytes)
        if let native {
            bytes.append(literal: ",\"native_finish_reason\":")
            JSONText.appendString(native, into: &bytes)
        }
        bytes.append(literal: "}")
        seal(.finish)
    }

    /// Ends the log with a failure entry, which says what cut the answer.
    package mutating func appendFailure(
        _ ending: Ending,
        type: String,
        message: String,
        code: String? = nil,
        param: String? = nil
    ) {
        assert(!ending.isFinish)
        bytes.append(literal: "{\"status\":")
        JSONText.appendString(ending.rawValue, into: &bytes)
        bytes.append(literal: ",\"type\":")
        JSONText.appendString(type, into: &bytes)
        bytes.append(literal: ",\"message\":")
        JSONText.appendString(message, into: &bytes)
        bytes.append(literal: ",\"code\":")
        JSONText.appendStringOrNull(code, into: &bytes)
        if let param {
            bytes.append(literal: ",\"param\":")
            JSONText.appendString(param, into: &bytes)
        }
        bytes.append(literal: "}")
        seal(.failure)
    }

    /// How the generation ended, once it has.
    package var ending: Ending? {
        guard isEnded else { return nil }
        let bytes = bytes
        return Payload.ending(bytes.span.extracting(range(count - 1)))
    }

    /// Where in `bytes` the payload of the last usage entry is, if there is one.
    ///
    /// It is just before the terminal entry, so the search from the end is short.
    var usageRange: Range<Int>? {
        var n = count - 1
        while n >= first, count - n <= 3 {
            if kind(n) == .usage { return range(n) }
            n -= 1
        }
        return nil
    }
}

/// Looks into the JSON payload of an entry without building a tree.
enum Payload {
    /// The bytes of one member's value as they are written; `nil` where there is none.
    static func value(of name: StaticString, in payload: Span<UInt8>) -> Range<Int>? {
        var reader = JSONReader()
        do throws(JSONError) {
            guard try reader.peek(payload) == .object else { return nil }
            try reader.enterObject(payload)
            while let key = try reader.nextKey(payload) {
                let start = reader.position
                try reader.skip(payload)
                if matches(payload, key, name) { return start..<reader.position }
            }
        } catch {
            return nil
        }
        return nil
    }

    /// Appends one member's value as it is written; `null` where there is none.
    static func append(_ name: StaticString, of payload: Span<UInt8>, into out: inout [UInt8]) {
        if let range = value(of: name, in: payload) {
            out.append(span: payload.extracting(range))
        } else {
            out.append(literal: "null")
        }
    }

    /// Appends the members of an object that is a member, each after a comma, but for some names.
    static func appendMembers(
        of name: StaticString,
        in payload: Span<UInt8>,
        but others: [StaticString],
        into out: inout [UInt8]
    ) {
        guard let range = value(of: name, in: payload) else { return }
        let object = payload.extracting(range)
        var reader = JSONReader()
        do throws(JSONError) {
            guard try reader.peek(object) == .object else { return }
            try reader.enterObject(object)
            while let key = try reader.nextKey(object) {
                _ = try reader.peek(object)
                let start = reader.position
                try reader.skip(object)
                if others.contains(where: { matches(object, key, $0) }) { continue }
                out.append(literal: ",\"")
                out.append(span: object.extracting(key))
                out.append(literal: "\":")
                out.append(span: object.extracting(start..<reader.position))
            }
        } catch {
            // Another version wrote it, and what can be read of it was appended.
        }
    }

    /// Whether an entry of kind `members` can be shown: it is an object on one line.
    static func isShown(_ payload: Span<UInt8>) -> Bool {
        for index in payload.indices {
            let byte = payload[index]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return false }
        }
        return ["chunk", "choice", "delta", "choices"].contains { (name: StaticString) in
            value(of: name, in: payload) != nil
        }
    }

    /// Appends the vendor's own word for the end, as a member after a comma; nothing where it is
    /// one of OpenAI's.
    static func appendNativeReason(of finish: Span<UInt8>, into out: inout [UInt8]) {
        guard let range = value(of: "native_finish_reason", in: finish) else { return }
        out.append(literal: ",\"native_finish_reason\":")
        out.append(span: finish.extracting(range))
    }

    /// Appends OpenAI's word for the end, or `null`, and then the vendor's own as
    /// `appendNativeReason` does, in one pass.
    static func appendReasons(of finish: Span<UInt8>, into out: inout [UInt8]) {
        var (reason, native): (Range<Int>?, Range<Int>?)
        var reader = JSONReader()
        do throws(JSONError) {
            guard try reader.peek(finish) == .object else { return out.append(literal: "null") }
            try reader.enterObject(finish)
            while let key = try reader.nextKey(finish) {
                let start = reader.position
                try reader.skip(finish)
                if matches(finish, key, "finish_reason") {
                    reason = start..<reader.position
                } else if matches(finish, key, "native_finish_reason") {
                    native = start..<reader.position
                }
            }
        } catch {
            // Another version wrote it, and what can be read of it is appended.
        }
        if let reason {
            out.append(span: finish.extracting(reason))
        } else {
            out.append(literal: "null")
        }
        guard let native else { return }
        out.append(literal: ",\"native_finish_reason\":")
        out.append(span: finish.extracting(native))
    }

    /// The ending that a terminal entry's payload names.
    static func ending(_ payload: Span<UInt8>) -> Ending? {
        guard let range = value(of: "status", in: payload), range.count > 2 else { return nil }
        let word = payload.extracting(range.lowerBound + 1..<range.upperBound - 1)
        for ending in Ending.allCases {
            let name = ending.rawValue.utf8
            if equals(word, name.span) { return ending }
        }
        return nil
    }
}
