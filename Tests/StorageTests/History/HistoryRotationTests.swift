import Loop
import Testing

@testable import Storage

/// When the file that has grown large enough goes.
@Suite struct HistoryRotationTests {
    @Test(arguments: [
        (bytes: 0, isHeld: false, end: 1_000_000, begins: false),
        (bytes: 100, isHeld: false, end: 99, begins: false),
        (bytes: 100, isHeld: false, end: 100, begins: true),
        (bytes: 100, isHeld: true, end: 100, begins: false),
    ])
    func `a file goes once it is as large as it may be`(
        bytes: Int,
        isHeld: Bool,
        end: Int,
        begins: Bool
    ) {
        let rotation = HistoryRotation(bytes: bytes, isHeld: isHeld, time: .system)
        #expect(rotation.begins(at: end) == begins)
    }

    @Test func `what is held goes once it is allowed`() {
        let rotation = HistoryRotation(bytes: 100, isHeld: true, time: .system)
        #expect(!rotation.begins(at: 200))
        rotation.allow()
        #expect(rotation.begins(at: 200))
    }

    @Test func `one rotation is arranged at a time`() {
        let rotation = HistoryRotation(bytes: 100, isHeld: false, time: .system)
        #expect(rotation.begins(at: 100))
        #expect(!rotation.begins(at: 300))
    }
}
