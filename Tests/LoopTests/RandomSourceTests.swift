import Loop
import Testing

/// Tests of what is made of random bytes.
struct RandomSourceTests {
    @Test func aFractionIsFromNoughtUpToButNotOne() {
        #expect(EqualBytes(byte: 0).fraction() == 0)
        let largest = EqualBytes(byte: 0xFF).fraction()
        #expect(largest < 1 && largest.nextUp == 1)
        #expect(EqualBytes(byte: 0x80).fraction() > 0.5)
    }

    @Test func theKernelsNumbersDiffer() {
        let random = KernelRandom()
        #expect(random.next() != random.next())
    }
}

/// A source that gives the same byte over and over.
private struct EqualBytes: RandomSource {
    let byte: UInt8

    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices { bytes[index] = byte }
    }
}
