package import Wire

/// What is wrong with a file of keys, and where; no text of the file but plain words is in it.
package struct APIKeyFileError: Error, Sendable, Equatable {
    /// What can be wrong.
    package enum Problem: Sendable, Equatable {
        case tooLong
        case notJSON(JSONError)
        /// It is no object with an array of keys.
        case noKeys
        case tooManyKeys
        /// A key, or its limits, is no object.
        case noObject
        /// A member that nobody knows; its name where it may be shown.
        case unknownMember(String?, known: [String])
        /// A member that every key has is absent.
        case missing
        /// The key itself is in the file.
        case clearKey
        case wrongName
        case wrongID
        case wrongDigest
        /// Another key, at an earlier place, has it.
        case repeated
        case noScopes
        case wrongScope(ScopeError)
        case wrongNumber(ClosedRange<Int>)
        case wrongMoney
        case wrongExpiry
    }

    /// The line, from 1 on; nil where it is the file as a whole.
    package let line: Int?
    /// The way to the value in the text, `keys[3].scopes`; empty for the file as a whole.
    package let path: String
    package let problem: Problem

    init(line: Int? = nil, path: String = "", _ problem: Problem) {
        self.line = line
        self.path = path
        self.problem = problem
    }

    /// The file, with the line and the member where they are known.
    package func place(in file: String) -> String {
        let places = [line.map { "line \($0)" }, path.isEmpty ? nil : path].compactMap { $0 }
        return places.isEmpty ? file : "\(file) \(places.joined(separator: ", "))"
    }
}

extension APIKeyFileError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLong: "the file has more than \(APIKeyFile.maxBytes >> 20) MiB"
        case .notJSON(let error): "no JSON: \(error)"
        case .noKeys: #"expected {"keys": [ … ]}"#
        case .tooManyKeys: "there are more than \(APIKeyFile.maxKeys) keys"
        case .noObject: "expected an object"
        case .unknownMember(let name, let known):
            "\(name ?? "a member") is not known; known are \(known.joined(separator: ", "))"
        case .missing: "is needed"
        case .clearKey:
            "the file holds no keys, only their digests: take the key for known to others, remove"
                + " it, and have a new one made by sse-relay key add"
        case .wrongName: APIKey.nameRule
        case .wrongID: "expected the 10 letters and digits between relay_ and the next _"
        case .wrongDigest: "expected the SHA-256 digest of the key as 64 hexadecimal digits"
        case .repeated: "an earlier key has the same"
        case .noScopes: "expected an array with some of \(Scope.words)"
        case .wrongScope(let error): "\(error)"
        case .wrongNumber(let range):
            "expected a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .wrongMoney: "expected US dollars, such as 2.50"
        case .wrongExpiry:
            "expected a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or a second"
                + " since 1970"
        }
    }
}
