import Wire

/// A whole answer that some real server sends in an unusual form, as the option `shape` names it.
///
/// What each says is text, and was paid for: a relay must pass it on, or say why it can't.
package struct Shape: Sendable, Equatable {
    /// Its value in `shape=`.
    package let name: String
    let contentType: String
    /// The value of `Content-Encoding`, if any.
    var encoding: String?
    let body: [UInt8]

    init(
        _ name: String,
        type contentType: String = "text/event-stream",
        encoding: String? = nil,
        _ parts: StaticString...
    ) {
        self.name = name
        self.contentType = contentType
        self.encoding = encoding
        var body: [UInt8] = []
        for part in parts { body.append(literal: part) }
        self.body = body
    }

    init(_ name: String, encoding: String, bytes: [UInt8]) {
        self.name = name
        contentType = "text/event-stream"
        self.encoding = encoding
        body = bytes
    }

    /// The shape with this name; nil where there is none.
    package static func named(_ name: String) -> Shape? { all.first { equals($0.name, name) } }

    /// All shapes.
    package static let all = wrappings + chunks + toolCalls + errors
}
