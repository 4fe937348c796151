/// Who asks.
package struct Caller: Sendable, Equatable {
    /// Whose answers these are; nil where nobody is told apart.
    package let id: String?

    /// Names one.
    package init(id: String?) { self.id = id }

    /// Somebody, as anybody else.
    package static let anonymous = Caller(id: nil)
}
