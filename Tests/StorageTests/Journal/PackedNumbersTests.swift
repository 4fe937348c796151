import Testing

@testable import Storage

/// Numbers in as few bytes as each needs.
struct PackedNumbersTests {
    @Test(arguments: [0, 1, 7, 8, 9, 63, 64, 65, 1000])
    func `Numbers of every length come back in their order, however many there are`(count: Int) {
        let lengths: [UInt] = [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 1 << 32, .max]
        let numbers = (0..<count).map { lengths[$0 % lengths.count] &+ UInt($0 / lengths.count) }
        var packed = PackedNumbers()
        for number in numbers { packed.append(number) }
        #expect(Array(packed) == numbers)
    }

    @Test func `A copy keeps what it had when the other grows`() {
        var packed = PackedNumbers()
        for number in 0..<20 as Range<UInt> { packed.append(number) }
        let copy = packed
        packed.append(20)
        #expect(Array(copy) == Array(0..<20))
        #expect(Array(packed) == Array(0...20))
    }
}
