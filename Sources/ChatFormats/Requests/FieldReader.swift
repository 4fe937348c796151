import Wire

/// Reads the fields that all request shapes share, with errors that name what was expected.
///
/// A `null` counts as absent: OpenAI's own clients send it for what was not set.
enum FieldReader {
    static func text(
        _ value: JSON,
        _ name: String,
        maxBytes: Int = Int.max
    ) throws(ChatRequestError) -> String {
        guard let text = value.stringValue else {
            throw .field(name: name, expected: "a string", found: value.found)
        }
        guard text.utf8.count <= maxBytes else {
            throw .field(
                name: name,
                expected: "at most \(maxBytes) bytes",
                found: "\(text.utf8.count) bytes"
            )
        }
        return text
    }

    /// A name that becomes a key or a log field: not empty, bounded, and without control bytes.
    static func identifier(
        _ value: JSON,
        _ name: String,
        maxBytes: Int = ChatRequestLimits.maxIdentifierBytes
    ) throws(ChatRequestError) -> String {
        let text = try text(value, name, maxBytes: maxBytes)
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .field(
                name: name,
                expected: "a name without control characters",
                found: JSON.found(text)
            )
        }
        return text
    }

    static func model(_ value: JSON, _ name: String) throws(ChatRequestError) -> String {
        try identifier(value, name, maxBytes: ChatRequestLimits.maxModelBytes)
    }

    /// A number, kept as it was written so that nothing is rounded on the way.
    ///
    /// Which numbers are valid is the upstream's to say, unless the caller needs one in a range.
    static func number(
        _ value: JSON,
        _ name: String,
        from minimum: Double = -.infinity,
        upTo maximum: Double = .infinity
    ) throws(ChatRequestError) -> String {
        guard case .number(let text) = value, let number = value.doubleValue,
            number >= minimum, number <= maximum
        else {
            throw .field(name: name, expected: "a number", found: value.found)
        }
        return text
    }

    /// Milliseconds, as they were written; a string is taken as in a query.
    static func milliseconds(_ value: JSON, _ name: String) throws(ChatRequestError) -> String {
        switch value {
        case .number(let text), .string(let text): return text
        case .null, .bool, .array, .object:
            throw .field(name: name, expected: "milliseconds", found: value.found)
        }
    }

    static func maxTokens(_ value: JSON, _ name: String) throws(ChatRequestError) -> Int {
        guard let number = value.intValue, number >= 1 else {
            throw .field(name: name, expected: "a whole number from 1 up", found: value.found)
        }
        return number
    }

    static func wholeNumber(_ value: JSON, _ name: String) throws(ChatRequestError) -> Int {
        guard let number = value.intValue else {
            throw .field(name: name, expected: "a whole number", found: value.found)
        }
        return number
    }

    static func bool(_ value: JSON, _ name: String) throws(ChatRequestError) -> Bool {
        guard let flag = value.boolValue else {
            throw .field(name: name, expected: "true or false", found: value.found)
        }
        return flag
    }

    /// A stop string or an array of them; how many there may be differs from server to server.
    static func stop(_ value: JSON, _ name: String) throws(ChatRequestError) -> [String] {
        switch value {
        case .string(let text): return [text]
        case .array(let elements):
            var texts: [String] = []
            for (index, element) in elements.enumerated() {
                texts.append(try text(element, "\(name)[\(index)]"))
            }
            return texts
        default:
            throw .field(
                name: name,
                expected: "a string or an array of strings",
                found: value.found
            )
        }
    }

    /// A prompt with something in it.
    static func prompt(_ value: JSON, _ name: String) throws(ChatRequestError) -> String {
        let text = try text(value, name)
        guard !isBlank(text) else { throw .emptyPrompt(name: name) }
        return text
    }

    /// Whether a text is nothing but ASCII white space.
    static func isBlank(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
    }

    /// The members of a body that must be one JSON object.
    static func members(
        of body: Span<UInt8>
    ) throws(ChatRequestError) -> [JSON.Member] {
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(body, limits: .stranger)
        } catch {
            throw .json(error)
        }
        guard let members = json.members else {
            throw .field(name: "body", expected: "a JSON object", found: json.found)
        }
        return members
    }
}
