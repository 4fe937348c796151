package import Wire

/// The name that a client, or a proxy before the server, gives to a request.
///
/// It is in the request's line of the log, and goes back with the answer, so that the lines of all
/// machines on the way can be found by it.
package enum RequestID {
    static let field = "X-Request-Id"
    /// A longer value is ignored.
    package static let maxBytes = 128

    /// The request's; nil where it has none that can be shown as it is.
    package static func of(_ head: RequestHead) -> String? {
        guard let id = head.fields.first(field), !id.isEmpty, id.utf8.count <= maxBytes,
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return id
    }
}
