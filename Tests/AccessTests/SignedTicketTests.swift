import TestSupport
import Testing

@testable import Access

/// Rights that the relay has signed.
@Suite struct SignedTicketTests {
    private static let secret = [UInt8](0..<32)
    private let signer: Signer

    init() throws { signer = try Signer(secret: Self.secret) }

    private func ticket(_ purpose: SignedTicket.Purpose = .stream) -> SignedTicket {
        SignedTicket(
            purpose: purpose,
            owner: "key/ann",
            key: "0123456789",
            scopes: [.chat, .read],
            limits: nil,
            expires: 2000,
            readsUntil: 5600,
            id: "AAAAAAAAAAAAAAAAAAAAAA"
        )
    }

    private func fault(
        _ text: String,
        now: Int = 1000,
        isReadingOn: Bool = false
    ) -> TicketFault? {
        do throws(TicketFault) {
            _ = try SignedTicket(
                text,
                for: .stream,
                signedBy: signer,
                now: now,
                isReadingOn: isReadingOn
            )
            return nil
        } catch {
            return error
        }
    }

    @Test func `a signature is HMAC-SHA-256 over the use, a zero byte and the text`() throws {
        // Made by Python's hmac module.
        let mac = try signer.sign("use", Array("text".utf8))
        #expect(
            mac == [
                0xFF, 0x7F, 0x27, 0x37, 0x59, 0xDD, 0xAB, 0x68, 0x72, 0x01, 0x2A, 0xDB,
                0xE7, 0x08, 0xFE, 0x3B, 0x3D, 0x52, 0x46, 0xAF, 0x69, 0xCC, 0xE1, 0x26,
                0x4C, 0x62, 0x4D, 0x6B, 0x3F, 0x82, 0x21, 0x44,
            ]
        )
        #expect(try signer.sign("us", Array("etext".utf8)) != mac)
    }

    @Test func `a ticket's text is always the same, and says what it should`() throws {
        let text = try ticket().text(signedBy: signer)
        // Made by Python's hmac and base64 modules.
        let wanted = """
            v1.eyJvd25lciI6ImtleS9hbm4iLCJrZXkiOiIwMTIzNDU2Nzg5Iiwic2NvcGVzIjpbImNoYXQiL\
            CJyZWFkIl0sImV4cGlyZXMiOjIwMDAsInJlYWRzX3VudGlsIjo1NjAwLCJpZCI6IkFBQUFBQUFBQ\
            UFBQUFBQUFBQUFBQUEifQ.ragSy5ufR37hdJPiNy3wtBEdYXztF5QVCBCjOW3VUsg
            """
        #expect(text == wanted)
        #expect(try SignedTicket(text, for: .stream, signedBy: signer, now: 1999) == ticket())
    }

    @Test func `a drawn ticket is good for its purpose's time, and no two are the same`() throws {
        for purpose in SignedTicket.Purpose.allCases {
            let one = try SignedTicket(purpose, owner: "a", key: "k", scopes: .chat, now: 1000)
            let other = try SignedTicket(purpose, owner: "a", key: "k", scopes: .chat, now: 1000)
            #expect(one.expires == 1000 + purpose.lifeSeconds)
            let reading = purpose == .stream ? SignedTicket.readingSeconds : 0
            #expect(one.readsUntil == one.expires + reading)
            #expect(one.id != other.id && one.id.utf8.count == 22)
        }
        #expect(SignedTicket.Purpose.stream.lifeSeconds == 60)
    }

    @Test(arguments: [(1005, 1005, 1005), (2000, 1060, 2000), (.max, 1060, 4660)])
    func `no ticket outlives what it rests on`(end: Int, expires: Int, readsUntil: Int) throws {
        let ticket = try SignedTicket(
            .stream,
            owner: "a",
            key: nil,
            scopes: .chat,
            now: 1000,
            end: end
        )
        #expect(ticket.expires == expires && ticket.readsUntil == readsUntil)
    }

    @Test func `any owner is read back as it was`() throws {
        for owner in ["key/ann", "é\u{301}\"\\\n", String(repeating: "o", count: 1000)] {
            let ticket = SignedTicket(
                purpose: .stream,
                owner: owner,
                key: nil,
                scopes: .admin,
                limits: nil,
                expires: 5,
                readsUntil: 5,
                id: "i"
            )
            let text = try ticket.text(signedBy: signer)
            let read = try SignedTicket(text, for: .stream, signedBy: signer, now: 4)
            #expect(Array(read.owner.utf8) == Array(owner.utf8))
            #expect(read.scopes == .admin)
        }
    }

    @Test func `a ticket ends with its second`() throws {
        let text = try ticket().text(signedBy: signer)
        #expect(fault(text, now: 1999) == nil)
        #expect(fault(text, now: 2000) == .expired)
        #expect(fault(text, now: .max) == .expired)
    }

    @Test func `an expired ticket lets a reader go on for a while`() throws {
        let text = try ticket().text(signedBy: signer)
        #expect(fault(text, now: 5599, isReadingOn: true) == nil)
        #expect(fault(text, now: 5600, isReadingOn: true) == .expired)
    }

    @Test func `a ticket for something else is refused, whatever else holds`() throws {
        let session = try ticket(.session).text(signedBy: signer)
        #expect(fault(session) == .wrongPurpose)
        #expect(fault(session, now: 3000) == .wrongPurpose)
    }

    @Test func `a ticket of another secret is refused, also an expired one`() throws {
        let other = try Signer(secret: Self.secret.reversed())
        let text = try ticket().text(signedBy: other)
        #expect(fault(text) == .badSignature)
        #expect(fault(text, now: 3000) == .badSignature)
    }

    @Test func `no changed byte is accepted`() throws {
        let text = Array(try ticket().text(signedBy: signer).utf8)
        for index in text.indices {
            for bit in 0..<8 {
                var changed = text
                changed[index] ^= 1 << UInt8(bit)
                #expect(fault(String(decoding: changed, as: UTF8.self)) != nil, "\(index) \(bit)")
            }
            var shorter = text
            shorter.remove(at: index)
            #expect(fault(String(decoding: shorter, as: UTF8.self)) != nil, "\(index)")
        }
    }

    @Test func `no random change is accepted`() throws {
        var random = SeededGenerator(seed: 7)
        let text = Array(try ticket().text(signedBy: signer).utf8)
        let other = Array(try ticket(.session).text(signedBy: signer).utf8)
        let letters = Array("ABCxyz019-_.=+/ \n\u{0}".utf8)
        for round in 0..<3000 {
            var changed = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<changed.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: changed[index] = letters.randomElement(using: &random) ?? 0
                case 1: changed.insert(letters.randomElement(using: &random) ?? 0, at: index)
                case 2: changed.removeSubrange(index..<min(index + 3, changed.count))
                default: changed.replaceSubrange(index..., with: other.dropFirst(index))
                }
            }
            guard changed != text else { continue }
            #expect(fault(String(decoding: changed, as: UTF8.self)) != nil, "round \(round)")
        }
    }

    @Test func `what is not written as a ticket is malformed`() throws {
        let text = try ticket().text(signedBy: signer)
        let parts = text.split(separator: ".").map(String.init)
        let wrong = [
            "", ".", "..", "v1..", "v1.\(parts[1])", "v1.\(parts[1]).",
            "v2.\(parts[1]).\(parts[2])", "V1.\(parts[1]).\(parts[2])", "\(text).", ".\(text)",
            " \(text)", "\(text) ", "\(text)\n", "\(text)=", "v1.\(parts[1])=.\(parts[2])",
            "v1.\(parts[1]).\(parts[2].dropLast(2))", "v1.\(parts[1]).\(parts[2])AA",
            "\(parts[1]).\(parts[2])", "v1.é.\(parts[2])",
            "v1.\(String(repeating: "A", count: 5000)).\(parts[2])",
        ]
        for text in wrong { #expect(fault(text) == .malformed, "\(text)") }
    }

    private static let good =
        #"{"owner":"a","key":null,"scopes":["chat"],"expires":9998,"reads_until":9999,"id":"i"}"#

    /// The payload with another part in the place of one that it has.
    private static func changed(_ part: String, _ other: String) -> String {
        let range = good.firstRange(of: part) ?? good.startIndex..<good.startIndex
        return good[..<range.lowerBound] + other + good[range.upperBound...]
    }

    @Test(arguments: [
        "", "{}", "null", "[]", " \(good)",
        changed(#""a""#, #""""#), changed(#""a""#, #""\u0061""#), changed("null", "7"),
        changed(#""key":null,"#, ""), changed(#"["chat"]"#, #"["write"]"#),
        changed(#"["chat"]"#, #"["chat",7]"#), changed(#"["chat"]"#, #"["read","chat"]"#),
        changed("9998", #""9998""#), changed("9998", "9e3"), changed("9999", "null"),
        changed(#","reads_until":9999"#, ""), changed(#","id":"i""#, ""),
        changed("}", #","x":1}"#), #"{"key":null,"owner":"a"}"#,
    ])
    func `a payload that this version does not write is refused, though it is signed`(
        payload: String
    ) throws {
        let bytes = Array(payload.utf8)
        let mac = try signer.sign("v1 stream ticket of sse-relay", bytes)
        let text = "v1.\(Base64URL.encode(bytes)).\(Base64URL.encode(mac))"
        #expect(fault(text) == .malformed)
        let mine = try signer.sign("v1 stream ticket of sse-relay", Array(Self.good.utf8))
        let right = "v1.\(Base64URL.encode(Array(Self.good.utf8))).\(Base64URL.encode(mine))"
        #expect(fault(right) == nil)
    }

    @Test func `a secret is long and drawn`() {
        #expect(throws: WeakSecret.tooShort) { try Signer(secret: []) }
        #expect(throws: WeakSecret.tooShort) { try Signer(secret: [UInt8](0..<31)) }
        #expect(throws: WeakSecret.tooUniform) {
            try Signer(secret: [UInt8](repeating: 7, count: 32))
        }
        #expect("\(signer)" == "a signer")
    }

    @Test(arguments: [
        // RFC 4648 §10, without its padding.
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
    func `base64url is written and read`(bytes: String, text: String) {
        #expect(Base64URL.encode(Array(bytes.utf8)) == text)
        #expect(Base64URL.decode(text) == Array(bytes.utf8))
    }

    @Test(arguments: [
        "A", "Zg=", "Zg==", "Zh", "Zm9", "Zm9vY", "Z g", "Zm+v", "Zm/v", "Zm9v\n", "é",
    ])
    func `another spelling of bytes is none`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `all bytes survive, and each text stands for one byte string`() throws {
        var random = SeededGenerator(seed: 11)
        for length in 0..<100 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes)
        }
    }
}
