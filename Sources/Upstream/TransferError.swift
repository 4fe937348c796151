import CCurl

/// Why a transfer ended without a whole answer.
package enum TransferError: Error, Sendable, Equatable {
    /// The upstream's name has no address.
    case nameNotResolved(String)
    /// Nothing accepts connections at the address.
    case notConnected(String)
    /// The connection was not established in time.
    case connectTimeout(String)
    /// TLS failed: the certificate is not trusted, or the handshake broke.
    case insecure(String)
    /// The connection broke before the answer's end.
    case broken(String)
    /// The answer's header, or a line of it, is longer than libcurl accepts.
    case headTooLarge(String)
    /// Any other failure, in libcurl's words.
    case other(String)

    /// libcurl's words, for a log.
    package var detail: String {
        switch self {
        case .nameNotResolved(let text), .notConnected(let text), .connectTimeout(let text),
            .insecure(let text), .broken(let text), .headTooLarge(let text), .other(let text):
            text
        }
    }

    /// - Parameters:
    ///   - code: libcurl's result.
    ///   - detail: libcurl's message, if it has one.
    ///   - isHeadWhole: whether all of the answer's head had arrived.
    init(_ code: CURLcode, detail: String, isHeadWhole: Bool) {
        // libcurl calls what it has no room for "out of memory": a line of the head; later what one
        // read comes to, once decompressed, while no more is taken. The only other cause is a real
        // lack of memory, which this process does not survive.
        if code == CURLE_OUT_OF_MEMORY {
            self =
                isHeadWhole
                ? .other("it is compressed so much that a piece of it has more than 64 MB")
                : .headTooLarge("a line is longer than 100 KB")
            return
        }
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved(text)
            case CURLE_COULDNT_CONNECT: .notConnected(text)
            case CURLE_OPERATION_TIMEDOUT: .connectTimeout(text)
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
                .insecure(text)
            case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING,
                CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY:
                .broken(text)
            default: .other(text)
            }
    }
}
