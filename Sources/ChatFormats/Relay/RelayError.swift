import Wire

/// The error that the last event of a cut answer carries.
enum RelayError {
    /// Appends the error object that a failure's payload holds, without the braces around it.
    static func append(_ payload: Span<UInt8>, into out: inout [UInt8]) {
        out.append(literal: "\"error\":{\"type\":")
        Payload.append("type", of: payload, into: &out)
        out.append(literal: ",\"message\":")
        Payload.append("message", of: payload, into: &out)
        out.append(literal: ",\"code\":")
        Payload.append("code", of: payload, into: &out)
        out.append(UInt8(ascii: "}"))
    }
}
