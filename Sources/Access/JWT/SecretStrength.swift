/// Whether a secret can be guessed by somebody who has one token signed with it.
///
/// Such a person can try as many secrets as they like on machines of their own, beginning with the
/// ones that are public.
enum SecretStrength {
    /// The output of the smallest digest (RFC 7518 §3.2).
    static let minBytes = 32

    /// Parts of what stands for a secret in documentation, in small letters, without blanks.
    ///
    /// A random text has none of them: it would have to hit six letters.
    private static let phrases = [
        "256bit", "384bit", "512bit", "changeme", "changethis", "replaceme", "replacethis",
        "example", "placeholder", "yoursecret", "mysecret", "supersecret", "topsecret",
        "verysecret", "secretkey", "jwtsecret", "secretjwt", "stringsecret", "atleast32",
        "reallyreally", "password", "donotuse",
    ]

    /// Secrets of tutorials and specifications that look like good ones.
    private static let published: Set<String> = [
        // FastAPI's tutorial.
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        // A tutorial for Spring Boot, copied many times.
        "404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
        // RFC 7515 §A.1.1
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        // RFC 7520 §3.5
        "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
    ]

    /// Refuses a secret that is short, public or predictable.
    static func check(_ secret: [UInt8]) throws(JWTKeyError) {
        guard secret.count >= minBytes else { throw .shortSecret(bytes: secret.count) }
        let text = String(decoding: secret, as: UTF8.self)
        guard !text.contains("-----BEGIN") else { throw .secretIsPEM }
        let isPublished =
            published.contains(text) || published.contains(Base64URL.encode(secret.span))
        let letters = text.lowercased().filter { $0.isLetter || $0.isNumber }
        guard !isPublished, !phrases.contains(where: { letters.contains($0) }) else {
            throw .exampleSecret
        }
        guard !repeats(secret), !counts(secret) else { throw .predictableSecret }
    }

    /// Whether it is a shorter text over and over, or made of very few bytes.
    private static func repeats(_ secret: [UInt8]) -> Bool {
        guard Set(secret).count >= 8 else { return true }
        return (1...(secret.count / 2)).contains { period in
            (period..<secret.count).allSatisfy { secret[$0] == secret[$0 - period] }
        }
    }

    /// Whether most bytes are the ones before or after their neighbours, as in `abcdef` or `987`.
    private static func counts(_ secret: [UInt8]) -> Bool {
        let steps = zip(secret, secret.dropFirst()).count { one, next in
            next &- one == 1 || one &- next == 1 || one == next
        }
        return steps * 2 > secret.count
    }
}
