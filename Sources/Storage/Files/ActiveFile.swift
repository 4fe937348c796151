/// The file that a writer appends to, as it is at one moment.
struct ActiveFile: Sendable {
    let identity: FileIdentity
    /// Where its last whole line ends.
    let end: Int
    /// How often somebody else had changed its length.
    var edition = 0
}
