import Wire

/// What a vendor says about a failure, in whichever of the usual shapes.
package struct VendorError: Sendable, Equatable {
    /// The vendor's class of error, such as `rate_limit_error`.
    package var type: String?
    /// What happened, in words.
    package var message: String?
    /// The vendor's code; numbers are kept in decimal.
    package var code: String?
    /// What else the vendor says.
    package var detail = ErrorDetail()
    /// Whether it came as a page, for people; the message is its title.
    package var isPage = false

    /// Reads the body of an answer with an error status; what the body lacks is nil.
    package init(body: Span<UInt8>) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(body)
        } catch {
            isPage = PageTitle.isPage(body)
            message = isPage ? PageTitle.words(of: body) : Self.plainText(body)
            return
        }
        self = VendorError(json)
    }

    /// Reads a whole answer, or an event's data.
    init(_ json: JSON) {
        // Gemini wraps its errors in an array.
        let outer = json.arrayValue?.first ?? json
        if let known = Self(around: outer) {
            self = known
        } else if case .string(let text) = outer {
            message = Self.clean(text)
        } else {
            self = VendorError(members: outer)
        }
    }

    /// Reads the error that an object has under one of the usual names.
    ///
    /// - Returns: `nil` where it has none, as an event of an answer.
    init?(around outer: JSON) {
        // Cloudflare has a list.
        let error = outer["error"] ?? outer["errors"]?.arrayValue?.first
        if let error, let known = VendorError(error: error) {
            self = known
            if case .string? = outer["error"] { explain(outer) }
        } else if let base = outer["base_resp"], let failed = VendorError(miniMax: base) {
            self = failed
        } else {
            return nil
        }
    }

    /// Reads what stands beside an `error` that is only a text: a code, or the words that explain
    /// it, as servers send them that are built with Spring, xAI's and Hugging Face's.
    private mutating func explain(_ outer: JSON) {
        let word = message
        for name in ["message", "detail", "error_description", "msg"] {
            guard let words = Self.text(outer[name]) else { continue }
            message = words
            if word?.contains(" ") == false { type = word }
            break
        }
        type = Self.word(outer["error_type"]) ?? type
        let code = Self.first(["code", "statusCode", "status_code", "error_code"], in: outer)
        self.code = Self.word(code)
        if case .number? = code { detail.isCodeNumber = true }
        detail.status =
            VendorStatus.status(type: type, code: self.code) ?? Self.status(outer["status"])
    }

    /// A status that is given as a number.
    private static func status(_ value: JSON?) -> Int? {
        value?.intValue.flatMap { (400...599).contains($0) ? $0 : nil }
    }

    /// Reads the value of an `error` member.
    ///
    /// - Returns: `nil` where it is null, false or empty, as some vendors send it in every chunk:
    ///   the official clients look at its truth, not at its presence.
    init?(error: JSON) {
        switch error {
        case .null, .bool(false), .string(""), .array([]), .object([]), .number("0"): return nil
        case .string(let text): message = Self.clean(text)
        case .object: self = VendorError(members: error)
        case .bool, .number, .array: break
        }
    }

    /// Reads MiniMax's `base_resp`, which every event of its stream may have.
    ///
    /// - Returns: `nil` for its zero, which is success.
    init?(miniMax base: JSON) {
        guard let number = base["status_code"]?.intValue, number != 0 else { return nil }
        message = Self.text(base["status_msg"])
        code = String(number)
        detail.isCodeNumber = true
        detail.status = VendorStatus.status(miniMax: number)
    }

    /// Reads the object that holds type, message and code.
    init(members: JSON) {
        let status = Self.status(members["status"])
        type =
            Self.word(members["type"])
            ?? (status == nil ? Self.word(members["status"]) : nil)
            ?? Self.word(members["__type"])
        let code = Self.first(["code", "statusCode", "error_code"], in: members)
        self.code = Self.word(code)
        // A proxy may wrap the vendor's error in another one.
        for name in ["message", "detail", "error", "msg", "error_msg", "Message", "fault", "title"]
        where message == nil {
            message = Self.text(members[name])
        }
        if case .number? = code { detail.isCodeNumber = true }
        detail.param = Self.param(members)
        detail.members = ErrorDetail.members(of: members)
        detail.status = VendorStatus.status(type: type, code: self.code) ?? status
    }

    /// Whether the same request may well succeed a little later.
    var isOverloaded: Bool {
        // A budget that is used up is none that passes, whatever its status.
        for word in [type, code] where Self.usedUp.contains(word ?? "") { return false }
        return detail.status.map(VendorStatus.mayPass) ?? false
    }

    private static let usedUp: Set<String> = ["insufficient_quota", "billing_hard_limit_reached"]

    /// How much of a vendor's message is passed on.
    static let maxMessageBytes = 2048

    private static func first(_ names: [String], in members: JSON) -> JSON? {
        for name in names {
            if let value = members[name], word(value) != nil { return value }
        }
        return nil
    }

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
            // FastAPI puts a list of objects with `msg` under `detail`, and Mistral puts that
            // under `message`.
            let inner = value?.arrayValue?.first ?? value
            for name in ["msg", "message", "detail", "error", "faultstring"] {
                if let words = text(inner?[name]) { return words }
            }
            return nil
        }
    }

    /// The member at fault: OpenAI's `param`, or the place of pydantic's first complaint.
    private static func param(_ members: JSON) -> String? {
        if let param = word(members["param"]) { return param }
        let list = members["detail"] ?? members["message"]?["detail"]
        guard let place = list?.arrayValue?.first?["loc"]?.arrayValue else { return nil }
        var path = ""
        for (index, step) in place.enumerated() {
            if case .number(let number) = step {
                path += "[\(number)]"
            } else if let name = step.stringValue, index > 0 || name != "body" {
                path += path.isEmpty ? name : ".\(name)"
            }
        }
        return path.isEmpty ? nil : clean(path)
    }

    /// The beginning of a body that is text.
    private static func plainText(_ body: Span<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.append(span: body)
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let cleaned = clean(text)
        return cleaned.isEmpty ? nil : cleaned
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
