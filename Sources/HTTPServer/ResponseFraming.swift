import Wire

/// How an answer shows its end, and whether another may follow (RFC 9112 §6.3, §9.3).
struct ResponseFraming {
    private static let close = HeaderFields.Field("Connection", "close")
    private static let keepAlive = HeaderFields.Field("Connection", "keep-alive")
    private static let chunked = HeaderFields.Field("Transfer-Encoding", "chunked")

    private let minorVersion: Int
    /// Whether the connection may carry another request.
    let keepsAlive: Bool
    /// Whether the content comes in chunks.
    let isChunked: Bool

    /// Decides for one answer.
    ///
    /// - Parameters:
    ///   - minorVersion: the request's; a client of HTTP/1.0 knows no chunks.
    ///   - isStream: whether the length of the content is not known.
    ///   - mayKeepAlive: whether both sides would take another request.
    init(minorVersion: Int, isStream: Bool, mayKeepAlive: Bool) {
        self.minorVersion = minorVersion
        isChunked = isStream && minorVersion > 0
        keepsAlive = mayKeepAlive && (!isStream || isChunked)
    }

    func appendFields(to fields: inout HeaderFields) {
        if !keepsAlive {
            fields.append(Self.close)
        } else if minorVersion == 0 {
            fields.append(Self.keepAlive)
        }
        if isChunked { fields.append(Self.chunked) }
    }
}

extension Status {
    /// Whether an answer of this status may have content (RFC 9110 §6.4.1).
    var allowsContent: Bool { code != 204 && code != 304 }
}
