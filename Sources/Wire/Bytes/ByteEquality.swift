/// Compares bytes with a literal.
func equals(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
    guard bytes.count == literal.utf8CodeUnitCount else { return false }
    for index in bytes.indices {
        guard unsafe literal.utf8Start[index] == bytes[index] else { return false }
    }
    return true
}
