/// The file that a writer appends to, as it is at one moment.
struct ActiveFile: Sendable {
    let identity: FileIdentity
    /// Where its last whole line ends.
    let end: Int
    /// How often it had changed otherwise than by what was appended.
    var edition = 0
}
