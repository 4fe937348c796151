import Wire

/// A refusal, in the shape that the vendor's own clients understand.
struct ModelRefusal: Error, Equatable {
    var status: Status
    var message: String
    /// The field of the request that is wrong (in OpenAI's shape only).
    var param: String?
    var fields: HeaderFields = [:]

    /// The request itself is wrong.
    static func badRequest(_ message: String, param: String? = nil) -> ModelRefusal {
        ModelRefusal(status: .badRequest, message: message, param: param)
    }

    /// The refusal that an option asks for.
    static func simulated(_ code: Int, _ behaviour: Behaviour) -> ModelRefusal {
        var error = ModelRefusal(
            status: Status(code: code, reason: "Simulated"),
            message: "The simulator was asked to refuse with status \(code)."
        )
        if let value = behaviour.retryAfter { error.fields.append("Retry-After", value) }
        if let value = behaviour.retryAfterMilliseconds {
            error.fields.append("retry-after-ms", value)
        }
        return error
    }

    /// The answer's body.
    func body(for vendor: Vendor) -> [UInt8] {
        var out: [UInt8] = []
        switch vendor {
        case .openAI, .completions:
            out.append(literal: "{\"error\":{\"message\":")
            JSONText.appendString(message, into: &out)
            out.append(literal: ",\"type\":\"")
            out.append(literal: openAIType)
            out.append(literal: "\",\"param\":")
            JSONText.appendStringOrNull(param, into: &out)
            out.append(literal: ",\"code\":null}}\n")
        case .anthropic:
            out.append(literal: "{\"type\":\"error\",\"error\":{\"type\":\"")
            out.append(literal: anthropicType)
            out.append(literal: "\",\"message\":")
            JSONText.appendString(message, into: &out)
            out.append(literal: "}}\n")
        }
        return out
    }

    private var openAIType: StaticString {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private var anthropicType: StaticString {
        switch status.code {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
