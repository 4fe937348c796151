package import ChatFormats

/// What the requests to one upstream have beside those of its protocol.
package struct RequestStyle: Sendable, Equatable {
    /// A header field.
    package struct Field: Sendable, Equatable {
        package var name: String
        /// It may be a credential, so it is never logged.
        package var value: String

        /// Makes one.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What follows the `?` of the URL; nil for none.
    package var query: String?
    /// Header fields, which take the place of the protocol's own of the same name.
    package var fields: [Field] = []
    /// What differs in the body, and in which field the key goes.
    package var quirks = Quirks()

    /// The protocol's own requests.
    package init() {}

    /// What nobody may be shown.
    var secrets: [String] { fields.map(\.value).filter { $0.utf8.count >= 8 } }
}
