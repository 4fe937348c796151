import Wire

/// What a vendor says about a failure, in whichever of the usual shapes.
struct VendorError: Equatable {
    /// The vendor's class of error, such as `rate_limit_error`.
    var type: String?
    /// What happened, in words.
    var message: String?
    /// The vendor's code; numbers are kept in decimal.
    var code: String?

    /// Reads the body of an answer with an error status; what the body lacks is nil.
    init(body: Span<UInt8>) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(body)
        } catch {
            message = Self.plainText(body)
            return
        }
        // Gemini wraps its errors in an array.
        let outer = json.arrayValue?.first ?? json
        if let error = outer["error"], let known = VendorError(error: error) {
            self = known
        } else {
            self = VendorError(members: outer)
        }
    }

    /// Reads the value of an `error` member.
    ///
    /// - Returns: `nil` where it is null, false or empty, as some vendors send it in every chunk:
    ///   the official clients look at its truth, not at its presence.
    init?(error: JSON) {
        switch error {
        case .null, .bool(false), .string(""), .array([]), .object([]): return nil
        case .string(let text): message = Self.clean(text)
        case .object: self = VendorError(members: error)
        case .bool, .number, .array: break
        }
    }

    /// Reads the object that holds type, message and code.
    init(members: JSON) {
        type = Self.word(members["type"]) ?? Self.word(members["status"])
        code = Self.word(members["code"])
        message = Self.text(members["message"]) ?? Self.text(members["detail"])
        // A proxy may wrap the vendor's error in another one.
        if message == nil { message = Self.text(members["error"]) }
    }

    /// Whether the same request may well succeed a little later.
    var isOverloaded: Bool {
        for word in [type, code] {
            guard let word else { continue }
            if let status = parseDecimal(word) {
                // Greater numbers are the vendor's own, and no statuses.
                if [408, 409, 429].contains(status) || (500..<600).contains(status) { return true }
            } else if Self.passingTroubles.contains(word.lowercased()) {
                return true
            }
        }
        return false
    }

    private static let passingTroubles: Set<String> = [
        "overloaded_error", "overloaded", "engine_overloaded", "engine_overloaded_error",
        "rate_limit_error", "rate_limit_exceeded", "rate_limited", "resource_exhausted",
        "api_error", "server_error", "internal_server_error", "internal_error", "timeout_error",
        "service_unavailable", "service_unavailable_error", "unavailable", "internal",
    ]

    /// How much of a vendor's message is passed on.
    static let maxMessageBytes = 2048

    private static func word(_ value: JSON?) -> String? {
        switch value {
        case .string(let text)?: text.isEmpty ? nil : clean(text)
        case .number(let text)?: text
        default: nil
        }
    }

    private static func text(_ value: JSON?) -> String? {
        switch value {
        case nil, .null?, .string("")?, .bool?, .number?: return nil
        case .string(let text)?: return clean(text)
        case .object?, .array?:
            // FastAPI puts a list of objects with `msg` under `detail`.
            let inner = value?.arrayValue?.first ?? value
            return inner.flatMap { text($0["msg"]) ?? text($0["message"]) }
        }
    }

    /// A short body that is text and not a page of HTML.
    private static func plainText(_ body: Span<UInt8>) -> String? {
        guard body.count <= maxMessageBytes else { return nil }
        var bytes: [UInt8] = []
        bytes.append(span: body)
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let cleaned = clean(text)
        return cleaned.isEmpty || cleaned.hasPrefix("<") ? nil : cleaned
    }

    /// One line of bounded length: these words end up in logs and in `data:` lines.
    private static func clean(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if result.utf8.count + 4 > maxMessageBytes { break }
            let isControl = scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0)
            result.unicodeScalars.append(isControl ? " " : scalar)
        }
        return trimmed(result)
    }

    private static func trimmed(_ text: String) -> String {
        let head = text.drop { $0 == " " }
        guard let end = head.lastIndex(where: { $0 != " " }) else { return "" }
        return String(head[...end])
    }
}
