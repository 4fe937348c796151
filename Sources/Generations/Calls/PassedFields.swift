import Wire

/// The fields of an upstream's answer that its client is sent, too.
enum PassedFields {
    /// A vendor's own name for the request: OpenAI's, Anthropic's, Azure's, Amazon's.
    private static let requestIDs = [
        "x-request-id", "request-id", "apim-request-id", "x-amzn-requestid",
    ]
    /// A longer value is nobody's id and nobody's count.
    private static let maxValueBytes = 256

    /// The fields of an answer that is an error.
    static func ofRefusal(_ head: HeaderFields) -> HeaderFields {
        var fields = ofAnswer(head)
        if let after = head.first("retry-after").flatMap(RetryPolicy.Hints.passedOn) {
            fields.append("Retry-After", after)
        }
        if let after = head.first("retry-after-ms"), RetryPolicy.Hints.isNumber(after) {
            fields.append("retry-after-ms", after)
        }
        return fields
    }

    /// The fields of any answer: the vendor's name for the request, and what its client may still
    /// ask.
    static func ofAnswer(_ head: HeaderFields) -> HeaderFields {
        var fields = HeaderFields()
        for name in requestIDs {
            guard let id = head.first(name), isShort(id) else { continue }
            fields.append("x-request-id", id)
            break
        }
        for field in head.fields where isLimit(field.name) && isShort(field.value) {
            fields.append(field)
        }
        return fields
    }

    private static func isLimit(_ name: String) -> Bool {
        name.hasPrefix("x-ratelimit-") || name.hasPrefix("anthropic-ratelimit-")
    }

    private static func isShort(_ value: String) -> Bool {
        !value.isEmpty && value.utf8.count <= maxValueBytes
    }
}
