/// Appends the head of a response, the empty line included (RFC 9112 §4).
///
/// Nothing is checked here: `HeaderFields` replaced what must not be sent when the fields were
/// made.
///
/// - Parameters:
///   - status: The status line's code and reason.
///   - minorVersion: 1, except for answers that must look like HTTP/1.0.
///   - blocks: Field lines that are already written.
///   - fields: The other field lines.
///   - bytes: Where to append.
package func appendResponseHead(
    _ status: Status,
    minorVersion: Int,
    blocks: (HeaderBlock, HeaderBlock) = (HeaderBlock(), HeaderBlock()),
    fields: HeaderFields,
    into bytes: inout [UInt8]
) {
    bytes.append(literal: "HTTP/1.")
    bytes.append(decimal: minorVersion)
    bytes.append(Octet.space)
    bytes.append(decimal: status.code)
    bytes.append(Octet.space)
    bytes.append(text: status.reason)
    bytes.append(literal: "\r\n")
    bytes.append(contentsOf: blocks.0.bytes)
    bytes.append(contentsOf: blocks.1.bytes)
    for field in fields.fields { append(field, to: &bytes) }
    bytes.append(literal: "\r\n")
}
