/// How the content of a message is compressed (RFC 9110 §8.4.1).
package enum ContentCoding: String, Sendable, Equatable {
    /// RFC 1952: one member or more.
    case gzip
    /// RFC 1950; as some clients send it, RFC 1951 without the wrapping.
    case deflate

    /// What is sent with a 415, so that the client knows what it may send (RFC 9110 §12.5.3).
    package static let acceptField = HeaderFields.Field("Accept-Encoding", "gzip, deflate")

    /// A longer name is not quoted.
    private static let maxNameBytes = 32

    /// Reads `Content-Encoding`.
    ///
    /// - Returns: nil where the content is as it is, which `identity` says as well.
    /// - Throws: where it is something that is not decoded here.
    package static func of(_ fields: HeaderFields) throws(RequestError) -> ContentCoding? {
        guard fields.first("Content-Encoding") != nil else { return nil }
        let names = fields.tokens("Content-Encoding").filter { $0 != "identity" }
        guard let name = names.first else { return nil }
        guard names.count == 1 else { throw .severalContentCodings }
        switch name {
        case "gzip", "x-gzip": return .gzip
        case "deflate": return .deflate
        default:
            let isName =
                name.utf8.count <= maxNameBytes
                && name.utf8.allSatisfy { ByteSet.token.contains($0) }
            throw .unknownContentCoding(name: isName ? name : "what it names")
        }
    }
}
