/// When what was written is made safe against a loss of power.
///
/// The end of the process alone loses nothing, whatever is chosen: the kernel has the bytes.
package enum Durability: String, Sendable, CaseIterable {
    /// Once a second.
    case interval
    /// Before readers are sent an answer's end.
    case always
    /// When the kernel does it by itself.
    case never

    /// How long written bytes may stay unsafe under `interval`.
    package static let intervalMilliseconds = 1000
}
