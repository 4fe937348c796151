import Wire

/// What a conditional request comes to (RFC 9110 §13.2.2).
enum Preconditions: Equatable {
    /// The request goes on as without conditions.
    case hold
    /// 412: the file is not the version that the client means.
    case fail
    /// 304: the client has the version that there is.
    case notModified

    /// Evaluates the conditions of a GET or HEAD, in the order of the RFC.
    ///
    /// A tag counts before a date. Several lines of one field are one list (RFC 9110 §5.3). A date
    /// that cannot be read is no condition.
    ///
    /// - Parameters:
    ///   - fields: the request's.
    ///   - tag: the file's strong entity tag.
    ///   - modified: when the file was modified, in seconds since 1970.
    init(_ fields: HeaderFields, tag: String, modified: Int) {
        if let list = Self.list("If-Match", in: fields) {
            guard EntityTag.isListed(tag, in: list, .strong) else {
                self = .fail
                return
            }
        } else if let date = Self.date("If-Unmodified-Since", in: fields), modified > date {
            self = .fail
            return
        }
        if let list = Self.list("If-None-Match", in: fields) {
            self = EntityTag.isListed(tag, in: list, .weak) ? .notModified : .hold
        } else if let date = Self.date("If-Modified-Since", in: fields), modified <= date {
            self = .notModified
        } else {
            self = .hold
        }
    }

    private static func list(_ name: String, in fields: HeaderFields) -> String? {
        let lines = fields.all(name)
        return lines.isEmpty ? nil : lines.joined(separator: ", ")
    }

    private static func date(_ name: String, in fields: HeaderFields) -> Int? {
        fields.first(name).flatMap(HTTPDate.parse)
    }
}
