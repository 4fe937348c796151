package import ChatFormats
import Wire

/// A number for what a request asks for, however it came: 64-bit FNV-1a, the same in every process,
/// so that it may be written to a file.
///
/// How the answer is delivered (dialect, streamed or not, what happens when the client leaves) is
/// not part of it. It tells apart what one client asked under one key by mistake; to make two
/// requests collide on purpose, a client would have to know the request whose answer it wants.
package struct RequestFingerprint: Sendable, Equatable {
    /// The version that `of` makes; another way to turn requests into bytes gets another number.
    package static let currentVersion: UInt8 = 1

    /// How the request was turned into bytes.
    package let version: UInt8
    package let hash: UInt64

    /// Makes a fingerprint of one that was written before.
    package init(version: UInt8 = currentVersion, hash: UInt64) {
        self.version = version
        self.hash = hash
    }

    /// The fingerprint of a request.
    package static func of(_ chat: ChatRequest) -> RequestFingerprint {
        var hasher = RequestHasher()
        hasher.add(chat)
        return RequestFingerprint(hash: hasher.hash)
    }

    /// Whether both may be of the same request.
    ///
    /// Those of two versions cannot be compared. After an upgrade it does less harm to serve the
    /// answer to what may be another question than to refuse what was paid for.
    func agrees(with other: RequestFingerprint) -> Bool {
        version != other.version || hash == other.hash
    }

    /// Appends it as text: the version, and the hash in 16 digits, which no reader of JSON rounds.
    func append(to out: inout [UInt8]) {
        out.append(decimal: Int(version))
        out.append(literal: "-")
        for shift in stride(from: 60, through: 0, by: -4) {
            out.append(hexadecimal: UInt(hash >> UInt64(shift) & 0xF))
        }
    }
}

/// Turns a request into bytes and hashes them.
private struct RequestHasher {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ chat: ChatRequest) {
        let options = [
            chat.system, chat.model, chat.temperature, chat.topP,
            chat.maxTokens.map { String($0) }, chat.conversation, chat.user,
        ]
        for option in options { add(option) }
        add(chat.stop.count)
        for text in chat.stop { add(text) }
        add(chat.messages.count)
        for message in chat.messages {
            add(message.role.rawValue)
            add(message.text)
            add(message.original)
        }
        add(chat.extra.count)
        // Clients whose maps have no order write the same request in a different order each time.
        let extra = chat.extra.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for member in extra {
            add(member.key)
            add(member.value)
        }
    }

    /// Adds a text after its length, so that no two sequences of texts have the same bytes.
    private mutating func add(_ text: String?) {
        guard let text else { return add(-1) }
        add(text.utf8.count)
        for byte in text.utf8 { add(byte: byte) }
    }

    private mutating func add(_ json: JSON?) {
        guard let json else { return add(-1) }
        var bytes: [UInt8] = []
        json.write(into: &bytes)
        add(bytes.count)
        for byte in bytes { add(byte: byte) }
    }

    private mutating func add(_ number: Int) {
        for shift in stride(from: 0, to: 64, by: 8) {
            add(byte: UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func add(byte: UInt8) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}
