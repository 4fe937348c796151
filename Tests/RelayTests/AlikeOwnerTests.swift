import Access
import Loop
import Storage
import Testing

@testable import Generations

/// Callers whose names look alike: what belongs to them is told apart byte by byte.
@Suite struct AlikeOwnerTests {
    /// A letter K, and the sign for kelvin, which is canonically equal to it.
    private static let pair = ("user/Kevin", "user/\u{212A}evin")

    @Test func `texts of this test are equal, and not the same`() {
        #expect(Self.pair.0 == Self.pair.1)
        #expect(Array(Self.pair.0.utf8) != Array(Self.pair.1.utf8))
    }

    @Test func `their conversations, keys and answers are not each other's`() {
        let first = ConversationName(id: "c", owner: Self.pair.0)
        #expect(first != ConversationName(id: "c", owner: Self.pair.1))
        #expect(Set([first, ConversationName(id: "c", owner: Self.pair.1)]).count == 2)
        #expect(
            ConversationName(id: "caf\u{E9}", owner: nil)
                != ConversationName(id: "cafe\u{301}", owner: nil)
        )
        let fingerprint = RequestFingerprint(version: 1, hash: 7)
        let keys = [Self.pair.0, Self.pair.1].map {
            RequestKey(owner: $0, text: "k", fingerprint: fingerprint).name
        }
        #expect(Set(keys).count == 2)
        let caller = Caller(id: Self.pair.0)
        #expect(caller.maySee(answersOf: Self.pair.0))
        #expect(!caller.maySee(answersOf: Self.pair.1))
    }
}
