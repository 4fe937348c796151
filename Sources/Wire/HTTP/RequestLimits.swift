/// How much a client may send; each bound has a status of its own.
package struct RequestLimits: Sendable, Equatable {
    /// The longest request target (414).
    package var maxTargetBytes = 16 * 1024
    /// The longest head, from the first byte to the empty line (431).
    package var maxHeadBytes = 32 * 1024
    /// The largest number of field lines, and of trailer lines (431).
    package var maxFieldCount = 100
    /// The largest body, without the framing of chunks (413).
    package var maxBodyBytes = 8 * 1024 * 1024
    /// The longest line with a chunk's size and extensions (400).
    package var maxChunkLineBytes = 4 * 1024
    /// What the extensions of all chunks of a body may come to (400).
    package var maxExtensionBytes = 16 * 1024
    /// The longest trailers, with the empty line (431).
    package var maxTrailerBytes = 8 * 1024

    /// The longest name that may be a method: 501 up to here, 400 beyond.
    static let maxMethodBytes = 128
    /// How many empty lines may precede a request line (RFC 9112 §2.2).
    static let maxLeadingEmptyLines = 4

    /// Makes the default limits.
    package init() {}
}
