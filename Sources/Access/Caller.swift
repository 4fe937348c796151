/// Who sent a request.
package struct Caller: Sendable, Equatable {
    /// The owner of the answers that are asked for; nil if callers are not told apart.
    package let id: String?

    /// Makes a caller with an id.
    package init(id: String?) { self.id = id }

    /// A caller that cannot be told from others.
    package static let anonymous = Caller(id: nil)
}
