import Wire

/// The status for which a vendor's word stands, where an error comes without one: inside a stream,
/// or in an answer that began with 200.
enum VendorStatus {
    /// Reads the code, which is finer, and then the type.
    static func status(type: String?, code: String?) -> Int? {
        for word in [code, type] {
            guard let word else { continue }
            if let number = parseDecimal(word) {
                if (400...599).contains(number) { return number }
            } else if let status = words[plain(word)] {
                return status
            }
        }
        return nil
    }

    /// MiniMax's numbers in `base_resp` (platform.minimax.io/docs/api-reference/errorcode).
    static func status(miniMax code: Int) -> Int? {
        switch code {
        case 1000, 1013, 1024, 1033: 500
        case 1001: 504
        case 1002, 1039, 1041, 2045, 2056: 429
        case 1004, 2049: 401
        case 1008: 402
        case 1026, 1027, 1042, 1043, 1044, 2013: 400
        default: nil
        }
    }

    /// Whether an error of this status may well not come again a little later.
    static func mayPass(_ status: Int) -> Bool {
        status == 408 || status == 409 || status == 429 || status >= 500
    }

    /// Small letters and digits alone: `rate_limit_error` and `RateLimitError` are one word.
    static func plain(_ word: String) -> String {
        String(decoding: word.lowercased().utf8.filter { isLetterOrDigit($0) }, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Sources: OpenAI's error codes (platform.openai.com/docs/guides/error-codes) and the classes
    /// of its libraries, Anthropic's (docs.anthropic.com/en/api/errors), Google's
    /// (google.rpc.Code), Amazon's (Bedrock, ConverseStream), and words of vLLM, Mistral and Groq.
    private static let words: [String: Int] = {
        var words: [String: Int] = [:]
        for (status, names) in table {
            for name in names.split(separator: " ") { words[plain(String(name))] = status }
        }
        return words
    }()

    private static let table: [(Int, String)] = [
        (
            400,
            """
            invalid_request_error invalid_request bad_request bad_request_error invalid_argument \
            failed_precondition out_of_range context_length_exceeded string_above_max_length \
            content_policy_violation content_filter ResponsibleAIPolicyViolation invalid_prompt \
            unsupported_parameter unsupported_value invalid_value invalid_type unknown_parameter \
            missing_required_parameter validation_error ValidationException
            """
        ),
        (
            401,
            """
            authentication_error invalid_authentication invalid_authentication_error \
            unauthenticated unauthorized unauthorized_error invalid_api_key incorrect_api_key
            """
        ),
        (402, "billing_error payment_required insufficient_balance insufficient_credits"),
        (
            403,
            """
            permission_error permission_denied permission_denied_error forbidden access_denied \
            unsupported_country_region_territory AccessDeniedException
            """
        ),
        (
            404,
            """
            not_found_error not_found model_not_found model_not_found_error DeploymentNotFound \
            ResourceNotFoundException
            """
        ),
        (408, "request_timeout"),
        (409, "conflict conflict_error aborted already_exists"),
        (413, "request_too_large content_too_large"),
        (422, "unprocessable_entity unprocessable_entity_error"),
        (
            429,
            """
            rate_limit_error rate_limit_exceeded rate_limited rate_limit too_many_requests \
            too_many_requests_error resource_exhausted insufficient_quota quota_exceeded \
            billing_hard_limit_reached ThrottlingException throttling ModelNotReadyException
            """
        ),
        (
            500,
            """
            api_error server_error internal_server_error internal_error internal unknown \
            data_loss InternalServerException
            """
        ),
        (501, "unimplemented"),
        (502, "bad_gateway"),
        (
            503,
            """
            unavailable service_unavailable service_unavailable_error overloaded \
            engine_overloaded engine_overloaded_error ServiceUnavailableException
            """
        ),
        (504, "timeout timeout_error gateway_timeout deadline_exceeded"),
        (529, "overloaded_error"),
    ]
}
