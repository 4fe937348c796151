/// Why a request was refused; the connection cannot be read any further after it.
package enum RequestError: Error, Sendable, Equatable {
    case malformedRequestLine
    case invalidMethod
    case methodTooLong(limit: Int)
    case connectUnsupported
    case invalidTarget
    case targetTooLong(limit: Int)
    case invalidVersion
    case unsupportedVersion
    case tooManyEmptyLines(limit: Int)
    case bareLineFeed
    case bareCarriageReturn
    case controlByte(UInt8)
    case lineFolding
    case missingColon
    case blankBeforeColon
    case invalidFieldName
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case tooManyMarks(limit: Int)
    case missingHost
    case repeatedHost
    case invalidHost
    case invalidContentLength
    case repeatedContentLength
    case lengthAndCoding
    case invalidTransferEncoding
    case chunkedNotLast
    case unknownTransferCoding
    case transferEncodingBeforeHTTP11
    case unknownExpectation
    case bodyTooLarge(limit: Int)
    case noBodyMemory
    case invalidChunkSize
    case invalidChunkExtension
    case chunkLineTooLong(limit: Int)
    case extensionsTooLong(limit: Int)
    case missingChunkEnd
    case invalidTrailer
    case trailersTooLarge(limit: Int)
    case unknownContentCoding(name: String)
    case severalContentCodings
    case brokenContent(ContentCoding)
    case cutContent(ContentCoding)
    case bytesAfterContent(ContentCoding)

    /// The answer to send before closing.
    package var status: Status {
        switch self {
        case .targetTooLong: .uriTooLong
        case .headTooLarge, .tooManyFields, .trailersTooLarge: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .unsupportedVersion: .httpVersionNotSupported
        case .unknownTransferCoding, .connectUnsupported: .notImplemented
        case .unknownExpectation: .expectationFailed
        case .noBodyMemory: .serviceUnavailable
        case .unknownContentCoding, .severalContentCodings: .unsupportedMediaType
        default: .badRequest
        }
    }

    /// One sentence for the client: what was wrong, and the limit if one was exceeded.
    ///
    /// Of the request it quotes the name of a content coding at most, which is a short token: so it
    /// is safe in logs and pages.
    package var detail: String {
        switch self {
        case .malformedRequestLine, .invalidMethod, .methodTooLong, .connectUnsupported,
            .invalidTarget, .targetTooLong, .invalidVersion, .unsupportedVersion,
            .tooManyEmptyLines:
            requestLineDetail
        case .invalidChunkSize, .invalidChunkExtension, .chunkLineTooLong, .extensionsTooLong,
            .missingChunkEnd, .invalidTrailer, .trailersTooLarge, .bodyTooLarge, .noBodyMemory,
            .lengthAndCoding,
            .invalidTransferEncoding, .chunkedNotLast, .unknownTransferCoding,
            .transferEncodingBeforeHTTP11, .invalidContentLength, .repeatedContentLength:
            bodyDetail
        case .unknownContentCoding, .severalContentCodings, .brokenContent, .cutContent,
            .bytesAfterContent:
            contentDetail
        default:
            fieldDetail
        }
    }

    /// Sentences about the first line.
    private var requestLineDetail: String {
        switch self {
        case .malformedRequestLine:
            "The request line is not a method, a target and a version with one space in between."
        case .invalidMethod: "The method holds a byte that is not allowed in a name."
        case .methodTooLong(let limit): "The method is longer than \(limit) bytes."
        case .connectUnsupported: "This server is not a proxy, so it does not answer CONNECT."
        case .invalidTarget:
            "The request target is not a valid path, or holds a byte that must be percent-encoded."
        case .targetTooLong(let limit): "The request target is longer than \(limit) bytes."
        case .invalidVersion: "The protocol version is not written as HTTP/1.1."
        case .unsupportedVersion: "This server speaks only HTTP/1.1 and HTTP/1.0."
        case .tooManyEmptyLines(let limit):
            "There are more than \(limit) empty lines before the request line."
        default: ""
        }
    }

    /// Sentences about lines and fields.
    private var fieldDetail: String {
        switch self {
        case .bareLineFeed: "A line ends with LF alone; lines end with CR LF."
        case .bareCarriageReturn: "A CR is not followed by LF; lines end with CR LF."
        case .controlByte(let byte): "The head holds a control byte (\(byte))."
        case .lineFolding:
            "A header line begins with a blank; values cannot be continued on another line."
        case .missingColon: "A header line has no colon."
        case .blankBeforeColon: "A header name is followed by a blank before its colon."
        case .invalidFieldName: "A header name is empty or holds a byte that is not allowed."
        case .headTooLarge(let limit): "The header is larger than \(limit) bytes."
        case .tooManyFields(let limit): "There are more than \(limit) header lines."
        case .tooManyMarks(let limit):
            "A header value has more than \(limit) combining marks in a row."
        case .missingHost: "The Host header is missing."
        case .repeatedHost: "There is more than one Host header."
        case .invalidHost: "The Host header is not a host name with an optional port."
        case .unknownExpectation: "The only expectation that this server knows is 100-continue."
        default: ""
        }
    }

    /// Sentences about the body and the fields that announce it.
    private var bodyDetail: String {
        switch self {
        case .invalidContentLength: "Content-Length is not one number in plain decimal digits."
        case .repeatedContentLength: "There is more than one Content-Length header."
        case .lengthAndCoding: "Content-Length and Transfer-Encoding exclude each other."
        case .invalidTransferEncoding: "Transfer-Encoding is not a list of names."
        case .chunkedNotLast:
            "In Transfer-Encoding, chunked must appear once, as the last coding."
        case .unknownTransferCoding: "The only transfer coding that this server knows is chunked."
        case .transferEncodingBeforeHTTP11: "HTTP/1.0 has no Transfer-Encoding."
        case .bodyTooLarge(let limit): "The body is larger than \(limit) bytes."
        case .noBodyMemory:
            "Other requests' bodies fill the memory set aside for them; try again a little later."
        case .invalidChunkSize: "A chunk size is not a hexadecimal number of reasonable length."
        case .invalidChunkExtension: "A chunk extension is malformed."
        case .chunkLineTooLong(let limit):
            "A line with a chunk's size and extensions is longer than \(limit) bytes."
        case .extensionsTooLong(let limit):
            "The extensions of all chunks are longer than \(limit) bytes."
        case .missingChunkEnd: "A chunk is not followed by CR LF."
        case .invalidTrailer: "A line after the last chunk is not a valid header line."
        case .trailersTooLarge(let limit):
            "The lines after the last chunk are longer than \(limit) bytes."
        default: ""
        }
    }

    /// Sentences about compressed content.
    private var contentDetail: String {
        switch self {
        case .unknownContentCoding(let name):
            "Content-Encoding is \(name), which is not decoded here; gzip, deflate and none are."
        case .severalContentCodings:
            "Content-Encoding has several codings; a body is decoded from one, gzip or deflate."
        case .brokenContent(let coding):
            "The body is not valid \(coding.rawValue), though Content-Encoding says so."
        case .cutContent(let coding):
            "The body's \(coding.rawValue) data ends too early."
        case .bytesAfterContent(let coding):
            "The body's \(coding.rawValue) data is followed by something else."
        default: ""
        }
    }
}
