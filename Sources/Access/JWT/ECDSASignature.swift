/// A signature of ECDSA: two numbers, which tokens have one after the other in a fixed length
/// (RFC 7518 §3.4), and libcrypto takes in DER.
enum ECDSASignature {
    /// Writes a signature as libcrypto takes it.
    ///
    /// - Parameters:
    ///   - signature: as the token has it.
    ///   - half: the length of each number.
    /// - Returns: nil for any other length, such as DER has, and where a number is zero: with such
    ///   ones, every message fits a careless check (CVE-2022-21449).
    static func der(_ signature: [UInt8], half: Int) -> [UInt8]? {
        guard signature.count == 2 * half,
            signature[..<half].contains(where: { $0 != 0 }),
            signature[half...].contains(where: { $0 != 0 })
        else { return nil }
        return DER.sequence(DER.integer(signature[..<half]), DER.integer(signature[half...]))
    }
}
