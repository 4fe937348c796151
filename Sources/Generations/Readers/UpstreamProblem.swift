package import HTTPServer
import Wire

extension UpstreamFailure {
    /// The answer to a client that has not been sent a status yet.
    ///
    /// The relay has made its own retries: a client's library must not multiply them with its own.
    package var problem: Problem {
        var fields: HeaderFields = ["x-should-retry": "false"]
        if let retryAfter { fields.append("Retry-After", retryAfter) }
        return Problem(status, type: type, message: message, code: code, fields: fields)
    }
}
