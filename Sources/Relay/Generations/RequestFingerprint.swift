import ChatFormats
import Wire

/// A number for what a request asks for, however it came: 64-bit FNV-1a, the same in every process,
/// so that it may be written to a file.
///
/// How the answer is handed over (dialect, streamed or not, what happens when the client leaves) is
/// no part of it. It keeps apart what one client asked under one key by mistake, and whoever could
/// make two requests collide would have to know the one whose answer he is after.
struct RequestFingerprint {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The fingerprint of a request.
    static func of(_ chat: ChatRequest) -> UInt64 {
        var fingerprint = RequestFingerprint()
        fingerprint.add(chat)
        return fingerprint.hash
    }

    private mutating func add(_ chat: ChatRequest) {
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
        for member in chat.extra.sorted(by: { $0.key < $1.key }) {
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
