import Glibc

/// Compares bytes with a literal.
package func equals(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
    guard bytes.count == literal.utf8CodeUnitCount else { return false }
    for index in bytes.indices {
        guard unsafe literal.utf8Start[index] == bytes[index] else { return false }
    }
    return true
}

/// Compares two texts byte by byte.
///
/// `==` normalises both first. It calls composed and decomposed characters equal, which protocols
/// do not, and its time is not linear (see `CombiningMarks`).
package func equals(_ left: String, _ right: String) -> Bool {
    equals(left.utf8.span, right.utf8.span)
}

/// Compares bytes with bytes.
package func equals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    let count = left.count
    return unsafe left.withUnsafeBufferPointer { left in
        unsafe right.withUnsafeBufferPointer { right in
            // Only an empty span has no address.
            guard let left = left.baseAddress, let right = right.baseAddress else { return true }
            return unsafe memcmp(left, right, count) == 0
        }
    }
}
