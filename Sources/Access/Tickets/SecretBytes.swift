import COpenSSL

/// What only libcrypto is trusted with, where secrets are concerned.
package enum SecretBytes {
    /// Makes bytes that nobody can guess.
    package static func random(_ count: Int) throws(LibcryptoRefusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw LibcryptoRefusal("RAND_bytes") }
        return bytes
    }

    /// Whether two texts are the same, in a time that only their lengths decide.
    ///
    /// `==` stops at the first difference, so that its time tells how much of a guess is right.
    package static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }
}

/// A call that libcrypto did not answer, as without memory or randomness.
package struct LibcryptoRefusal: Error, Equatable, CustomStringConvertible {
    /// The call's name.
    package let call: String

    /// Takes the call's name right after it.
    init(_ call: String) {
        self.call = call
        // What stays in the thread's list would be taken for the reason of a later failure, also by
        // libcurl.
        ERR_clear_error()
    }

    package var description: String { "libcrypto's \(call) failed" }
}
