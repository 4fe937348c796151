package import Wire

/// An error as a client sees it before a stream starts: a status and one JSON shape,
/// `{"error":{"type","message","code"}}`, or that of the client's protocol.
package struct Problem: Error, Sendable, Equatable {
    /// The status of the answer.
    package var status: Status
    /// A word for programs, such as `not_found_error`.
    package var type: String
    /// A sentence for people: what was wrong, where, and what was expected.
    package var message: String
    /// A finer word for programs, such as the name of a field or a limit.
    package var code: String?
    /// The member of the request at fault, for clients that look for it in a place of its own.
    package var param: String?
    /// Whether the code is a number, as some vendors' are.
    package var isCodeNumber = false
    /// What else a vendor says about it, after the other members.
    package var more: [JSON.Member] = []
    /// What the log says of it in the place of the message, where that tells a stranger less.
    package var loggedReason: String?
    /// Who is refused, where that is known and the request goes no further; for logs alone.
    package var caller: String?
    /// Header fields that belong to this answer, such as `Allow` or `Retry-After`.
    package var fields: HeaderFields

    /// Describes an error.
    package init(
        _ status: Status,
        type: String,
        message: String,
        code: String? = nil,
        fields: HeaderFields = [:]
    ) {
        self.status = status
        self.type = type
        self.message = message
        self.code = code
        self.fields = fields
    }

    /// A request that cannot be read as HTTP, that goes beyond a limit, or whose body has no room.
    package init(_ error: RequestError) {
        self = .invalid(error.status, error.detail)
        switch error {
        case .noBodyMemory:
            // Not the request's fault: the same one may be sent again.
            type = "overloaded_error"
            code = "body_memory"
            fields = ["Retry-After": "5"]
        case .unknownContentCoding, .severalContentCodings:
            // It tells this 415 from one about the media type (RFC 9110 §15.5.16).
            fields.append(ContentCoding.acceptField)
            code = "content_encoding"
        case .brokenContent, .cutContent, .bytesAfterContent: code = "content_encoding"
        default: break
        }
    }

    /// A request that is wrong in itself.
    package static func invalid(
        _ message: String,
        code: String? = nil,
        fields: HeaderFields = [:]
    ) -> Problem {
        .invalid(.badRequest, message, code: code, fields: fields)
    }

    /// A request that cannot be answered as it is, with the status that says why.
    package static func invalid(
        _ status: Status,
        _ message: String,
        code: String? = nil,
        fields: HeaderFields = [:]
    ) -> Problem {
        Problem(
            status,
            type: "invalid_request_error",
            message: message,
            code: code,
            fields: fields
        )
    }

    /// A part of a request that has another value than may be there.
    package static func invalid(_ part: String, expected: String) -> Problem {
        var problem = Problem.invalid("\(part): expected \(expected)", code: part)
        problem.param = part
        return problem
    }

    /// A part of a request that took too long to come.
    static func tooSlow(_ part: String, _ seconds: Int) -> Problem {
        Problem(
            .requestTimeout,
            type: "timeout_error",
            message: "the request's \(part) was not complete within \(seconds) s"
        )
    }

    /// A connection of a trusted proxy that does not begin as it has to.
    init(_ fault: ProxyPreamble.Fault) {
        let reason =
            switch fault {
            case .absent: "has none; its proxy has to send one, or this server not to expect it"
            case .lineTooLong: "has no end of line within \(ProxyPreamble.maxLineBytes) bytes"
            case .line: "has a line that no version 1 has"
            case .binary: "has a version, a command, a family or a length that is not known"
            case .tooLong(let limit): "is longer than \(limit) bytes"
            }
        self = .invalid(
            "the connection's PROXY preamble \(reason)",
            code: "proxy_protocol"
        )
    }

    /// A connection that is one too many.
    init(_ refusal: ConnectionBook.Refusal) {
        let again: HeaderFields = ["Retry-After": "5"]
        switch refusal {
        case .full(let limit):
            self.init(
                .serviceUnavailable,
                type: "overloaded_error",
                message: "this server has \(limit) connections, the most that it takes; try again"
                    + " a little later",
                code: "connections",
                fields: again
            )
        case .fullForAddress(let limit):
            self.init(
                .tooManyRequests,
                type: "rate_limit_error",
                message: "your address has \(limit) connections, the most that it may have here",
                code: "connections_per_address",
                fields: again
            )
        }
    }

    /// The answer's fields except its length.
    ///
    /// No cache may keep it: what is not there now may be there soon.
    var answerFields: HeaderFields {
        var fields = fields
        fields.append("Content-Type", "application/json")
        fields.append("Cache-Control", "no-store")
        return fields
    }

    /// The answer's body, where its client's protocol has no shape of its own.
    package var body: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(literal: "{\"error\":{\"type\":")
        JSONText.appendString(type, into: &bytes)
        bytes.append(literal: ",\"message\":")
        JSONText.appendString(message, into: &bytes)
        bytes.append(literal: ",\"code\":")
        appendCode(into: &bytes)
        // The code of the relay's own errors is the member at fault.
        if let param, param != code {
            bytes.append(literal: ",\"param\":")
            JSONText.appendString(param, into: &bytes)
        }
        appendMore(into: &bytes)
        bytes.append(literal: "}}\n")
        return bytes
    }

    /// Appends the code's value.
    package func appendCode(into out: inout [UInt8]) {
        guard isCodeNumber, let code else { return JSONText.appendStringOrNull(code, into: &out) }
        out.append(text: code)
    }

    /// Appends what else is said, each member after a comma.
    package func appendMore(into out: inout [UInt8]) {
        for member in more {
            out.append(literal: ",")
            JSONText.appendString(member.key, into: &out)
            out.append(literal: ":")
            member.value.write(into: &out)
        }
    }
}
