package import ChatFormats
import Wire

/// A number for what a request asks for, however it came: 64-bit FNV-1a, the same in every process,
/// so that it may be written to a file.
///
/// How the answer is handed over (dialect, streamed or not, what happens when the client leaves) is
/// no part of it. It keeps apart what one client asked under one key by mistake, and whoever could
/// make two requests collide would have to know the one whose answer he is after.
package struct RequestFingerprint: Sendable, Equatable {
    /// What `of` makes; another way of putting a request into bytes gets another number.
    package static let currentVersion: UInt8 = 1

    /// How the request was put into bytes.
    package let version: UInt8
    package let hash: UInt64

    /// One that was made before.
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
    /// Those of two versions cannot be compared. After an upgrade, to be told the answer to what
    /// may be another question is less harm than to be refused what was paid for.
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

/// Puts a request into bytes and hashes them.
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
        // Clients whose maps have no order write the same request in another one each time.
        let extra = chat.extra.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for member in extra {
            add(member.key)
            add(member.value)
        }
    }

    /// Adds a text behind its length, so that no two sequences of texts are the same bytes.
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
