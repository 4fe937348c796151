/// Field lines as bytes, written once for all answers that have them.
package struct HeaderBlock: Sendable {
    /// The lines, each with its end.
    let bytes: [UInt8]

    /// Writes the lines.
    package init(_ fields: HeaderFields = [:]) {
        var bytes: [UInt8] = []
        for field in fields.fields { append(field, to: &bytes) }
        self.bytes = bytes
    }
}

/// Appends one field line (RFC 9112 §5).
func append(_ field: HeaderFields.Field, to bytes: inout [UInt8]) {
    bytes.append(text: field.name)
    bytes.append(literal: ": ")
    bytes.append(text: field.value)
    bytes.append(literal: "\r\n")
}
