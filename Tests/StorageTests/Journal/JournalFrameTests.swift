import Testing

@testable import Storage

/// What is written to a journal is read back, and what is torn is seen to be.
@Suite struct JournalFrameTests {
    @Test(arguments: [true, false])
    func `the checksum is the published one, with and without an instruction`(hardware: Bool) {
        func sum(_ bytes: [UInt8], cutAt cut: Int = 0) -> UInt32 {
            var sum = CRC32C(usesHardware: hardware)
            bytes.withUnsafeBytes { all in
                sum.update(UnsafeRawBufferPointer(rebasing: all[..<cut]))
                sum.update(UnsafeRawBufferPointer(rebasing: all[cut...]))
            }
            return sum.value
        }
        #expect(sum(Array("123456789".utf8)) == 0xE306_9283)
        // RFC 3720 §B.4: 32 bytes of zeros, and 32 bytes that count up.
        #expect(sum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        let counted = Array(UInt8(0)..<32)
        for cut in 0...32 { #expect(sum(counted, cutAt: cut) == 0x46DD_794E) }
    }

    @Test func `items come back in their order, with their bytes`() {
        let bytes = Self.sample
        var reader = JournalReader(position: 0)
        var seen: [String] = []
        while case .item(let item) = reader.next(bytes.span) { seen.append(text(item, bytes)) }
        #expect(seen == Self.sampleItems)
        #expect(reader.next(bytes.span) == .end(.whole))
    }

    @Test func `a file cut at any byte keeps its whole frames and says that it is torn`() {
        let bytes = Self.sample
        for length in 0..<bytes.count {
            let cut = Array(bytes[..<length])
            var reader = JournalReader(position: 0)
            var seen = 0
            var end: JournalReader.End?
            while end == nil {
                switch reader.next(cut.span) {
                case .item: seen += 1
                case .end(let found): end = found
                }
            }
            if length == Self.firstFrameBytes {
                #expect(end == .whole && seen == 3)
            } else if length == 0 {
                #expect(end == .whole && seen == 0)
            } else {
                #expect(end != .whole)
                #expect(seen == (length < Self.firstFrameBytes ? 0 : 3))
            }
        }
    }

    @Test func `a changed byte anywhere in a frame is noticed`() {
        let bytes = Self.sample
        for place in 0..<Self.firstFrameBytes {
            var changed = bytes
            changed[place] ^= 0x40
            var reader = JournalReader(position: 0)
            guard case .end(.torn(0, _)) = reader.next(changed.span) else {
                Issue.record("byte \(place) may change unseen")
                continue
            }
        }
    }

    @Test func `a run of zeros is no frame`() {
        var reader = JournalReader(position: 0)
        let zeros = [UInt8](repeating: 0, count: 64)
        #expect(reader.next(zeros.span) == .end(.torn(offset: 0, .wrongChecksum)))
    }

    // MARK: A sample of two frames

    private static let sampleItems = [
        "begin 1 {\"id\":\"x\"}", "entry 1.0 kind 0 {}", "entry 1.1 kind 3 Hé",
        "entry 18446744073709551615.70000 kind 9 ", "retire 1",
    ]

    private static let sample: [UInt8] = {
        var frame = JournalFrame()
        frame.begin(number: 1, head: Array("{\"id\":\"x\"}".utf8).span)
        frame.entry(number: 1, sequence: 0, kind: 0, payload: Array("{}".utf8).span)
        frame.entry(number: 1, sequence: 1, kind: 3, payload: Array("Hé".utf8).span)
        frame.seal(milliseconds: 1_700_000_000_123)
        let first = Array(frame.bytes)
        frame.clear(keeping: 1 << 20)
        frame.entry(number: .max, sequence: 70_000, kind: 9, payload: [UInt8]().span)
        frame.retire(number: 1)
        frame.seal(milliseconds: 1_700_000_000_123)
        return first + Array(frame.bytes)
    }()

    private static let firstFrameBytes: Int = {
        Int(sample[0]) + JournalFrame.headerBytes
    }()

    private func text(_ item: JournalItem, _ bytes: [UInt8]) -> String {
        func said(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        return switch item {
        case .begin(let number, let head): "begin \(number) \(said(head))"
        case .entry(let number, let sequence, let kind, let payload):
            "entry \(number).\(sequence) kind \(kind) \(said(payload))"
        case .retire(let number): "retire \(number)"
        }
    }
}
