package import Loop
package import Wire

/// Serves a folder's files: conditional requests, ranges, `index.html`.
package final class StaticFiles {
    private let root: RootFolder
    /// Fields for every file, such as the content security policy.
    private let fields: HeaderFields
    /// Fields for every page besides those.
    private let pageFields: HeaderFields

    /// Opens the folder.
    ///
    /// - Parameters:
    ///   - path: the folder; it stays open, so a later rename of it is not seen.
    ///   - fields: sent with every file.
    ///   - pageFields: sent with every HTML file as well.
    /// - Throws: where it is no folder that can be read.
    package init(
        _ path: String,
        fields: HeaderFields,
        pageFields: HeaderFields = [:]
    ) throws(SystemCallError) {
        root = try RootFolder(path)
        self.fields = fields
        self.pageFields = pageFields
    }

    /// Answers a request for a file.
    ///
    /// - Parameters:
    ///   - exchange: the request's.
    ///   - path: the file's; nil for the one that the request names.
    ///   - missing: says what is answered where there is no such file.
    package func respond(
        to exchange: Exchange,
        with path: String? = nil,
        missing: (RequestHead) -> Problem = { notFound($0.path) }
    ) {
        let head = exchange.request.head
        guard head.method == .get || head.method == .head else {
            return exchange.respond(Self.wrongMethod(head.method))
        }
        switch root.find(path ?? head.path) {
        case .file(let file): respond(to: exchange, with: file)
        case .folderWithoutSlash: redirect(exchange)
        case .nothing: exchange.respond(missing(head))
        case .unavailable: exchange.respond(Self.unavailable)
        }
    }

    private static var unavailable: Problem {
        Problem(
            .serviceUnavailable,
            type: "server_error",
            message: "no file can be opened at the moment",
            fields: ["Retry-After": "1"]
        )
    }

    /// The answer where a path names nothing.
    package static func notFound(_ path: String) -> Problem {
        Problem(
            .notFound,
            type: "not_found_error",
            message: "there is nothing at \(path)",
            code: "not_found"
        )
    }

    private static func wrongMethod(_ method: Wire.Method) -> Problem {
        .invalid(
            .methodNotAllowed,
            "\(method.name) is not possible here; GET and HEAD are",
            fields: ["Allow": "GET, HEAD"]
        )
    }

    private static var otherVersion: Problem {
        .invalid(
            .preconditionFailed,
            "the file is another version than If-Match or If-Unmodified-Since names",
            code: "precondition_failed"
        )
    }

    private func redirect(_ exchange: Exchange) {
        let head = exchange.request.head
        // Several leading slashes would name another host to the browser.
        let path = "/" + head.rawPath.drop { $0 == "/" } + "/"
        let query = head.query.map { "?" + $0 } ?? ""
        exchange.respond(.movedPermanently, ["Location": path + query])
    }

    private func respond(to exchange: Exchange, with file: consuming RootFolder.File) {
        let head = exchange.request.head
        let tag = Self.entityTag(file)
        let type = ContentType.of(fileName: file.name)
        var fields = fields
        if type.hasPrefix("text/html") {
            for field in pageFields.fields { fields.append(field.name, field.value) }
        }
        fields.append("ETag", tag)
        fields.append("Last-Modified", Self.date(file.modified))
        fields.append("Accept-Ranges", "bytes")
        // The page is small and the tag is cheap: ask each time, so that an update is seen.
        fields.append("Cache-Control", "no-cache")
        switch Preconditions(head.fields, tag: tag, modified: file.modified) {
        case .hold: break
        case .notModified: return exchange.respond(.notModified, fields)
        case .fail: return exchange.respond(Self.otherVersion)
        }
        fields.append("Content-Type", type)
        var range = 0..<file.size
        var status = Status.ok
        switch Self.range(head, tag: tag, modified: file.modified, length: file.size) {
        case .whole: break
        case .part(let part):
            range = part
            status = .partialContent
            fields.append(
                "Content-Range",
                "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.size)"
            )
        case .unsatisfiable:
            return exchange.respond(
                .invalid(
                    .rangeNotSatisfiable,
                    "the file has \(file.size) bytes",
                    fields: ["Content-Range": "bytes */\(file.size)"]
                )
            )
        }
        exchange.begin(status, fields, length: range.count)
        guard head.method == .get else { return exchange.finish() }
        FileBody(file.descriptor, range).start(on: exchange)
    }

    private static func entityTag(_ file: borrowing RootFolder.File) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.append(hexadecimal: UInt(bitPattern: file.modified))
        bytes.append(hexadecimal: UInt(bitPattern: file.modifiedNanoseconds))
        bytes.append(literal: "-")
        bytes.append(hexadecimal: UInt(bitPattern: file.size))
        bytes.append(literal: "\"")
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func date(_ seconds: Int) -> String {
        var bytes: [UInt8] = []
        HTTPDate.append(seconds, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The range asked for; only of the version that the client has a part of (RFC 9110 §13.1.5).
    private static func range(
        _ head: RequestHead,
        tag: String,
        modified: Int,
        length: Int
    ) -> ByteRange {
        guard head.method == .get, let range = head.fields.first("Range") else { return .whole }
        if let condition = head.fields.first("If-Range") {
            let isSame = condition == tag || HTTPDate.parse(condition) == modified
            guard isSame else { return .whole }
        }
        return ByteRange.parse(header: range, length: length)
    }
}
