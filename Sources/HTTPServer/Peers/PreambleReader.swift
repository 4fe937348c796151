import Wire

/// Collects a connection's preamble, which may come in pieces.
struct PreambleReader {
    /// What has come of it; empty as long as it comes whole in one read.
    private var held: [UInt8] = []

    /// Whether nothing has come.
    var isEmpty: Bool { held.isEmpty }

    /// Reads on.
    ///
    /// - Parameter bytes: what has been received.
    /// - Returns: the preamble, and how many of these bytes were its own; nil until it is whole.
    /// - Throws: why there is none; nothing can be read after it.
    mutating func read(
        _ bytes: Span<UInt8>
    ) throws(ProxyPreamble.Fault) -> (ProxyPreamble, used: Int)? {
        let before = held.count
        guard before > 0 else {
            if let (preamble, length) = try ProxyPreamble.parse(bytes) { return (preamble, length) }
            held.append(span: bytes)
            return nil
        }
        // What is not whole here is refused, so that no more is ever held.
        held.append(span: bytes.extracting(..<min(bytes.count, ProxyPreamble.maxBytes - before)))
        guard let (preamble, length) = try ProxyPreamble.parse(held.span) else { return nil }
        return (preamble, length - before)
    }
}
