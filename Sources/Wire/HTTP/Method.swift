/// The method of a request; names are case-sensitive (RFC 9110 §9.1).
package enum Method: Sendable, Equatable {
    case get
    case head
    case post
    case put
    case delete
    case options
    case patch
    /// A well-formed name that this server does not know; the answer is 501.
    case other(String)

    /// The name as the request line has it.
    package var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .other(let name): name
        }
    }

    /// Recognises a name, which has been checked to be a token.
    init(_ name: Span<UInt8>) {
        // Eight bytes hold every known name, so none needs a string to be recognised.
        var word: UInt64 = 0
        if name.count <= 7 {
            for index in name.indices { word = word << 8 | UInt64(name[index]) }
        }
        switch word {
        case 0x47_4554: self = .get
        case 0x4845_4144: self = .head
        case 0x504F_5354: self = .post
        case 0x50_5554: self = .put
        case 0x4445_4C45_5445: self = .delete
        case 0x4F_5054_494F_4E53: self = .options
        case 0x50_4154_4348: self = .patch
        default: self = .other(string(name))
        }
    }
}
