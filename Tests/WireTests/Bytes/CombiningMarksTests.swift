import Testing
import Wire

@Suite struct CombiningMarksTests {
    /// Marks of two, three and four bytes, of different classes, and one that decomposes into two.
    private static let marks = [
        "\u{301}", "\u{316}", "\u{94D}", "\u{F73}", "\u{20D0}", "\u{1D165}",
    ]

    /// A function of its own, since an expectation cannot hold a span.
    private static func hasLongRun(_ bytes: [UInt8]) -> Bool {
        CombiningMarks.hasLongRun(bytes.span)
    }

    private static func run(_ count: Int) -> [UInt8] {
        Array((0..<count).map { marks[$0 % marks.count] }.joined().utf8)
    }

    @Test(arguments: [0, 1, 2, 3, 255, 256, 257, 1000, 4099])
    func `a run is too long if it exceeds the limit, wherever it is`(before: Int) {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: before)
        let limit = CombiningMarks.maxRun
        for after in ["", "b", "é漢😀", String(repeating: "é", count: 300)] {
            for count in [0, 1, limit - 1, limit] {
                let bytes = text + Self.run(count) + Array(after.utf8)
                #expect(!Self.hasLongRun(bytes), "\(count) marks")
            }
            for count in [limit + 1, limit + 2, 3 * limit] {
                let bytes = text + Self.run(count) + Array(after.utf8)
                #expect(Self.hasLongRun(bytes), "\(count) marks")
            }
        }
    }

    @Test(arguments: marks)
    func `a run of one mark is found`(mark: String) {
        let limit = CombiningMarks.maxRun
        for count in [limit, limit + 1] {
            let bytes = Array(("a" + String(repeating: mark, count: count)).utf8)
            #expect(Self.hasLongRun(bytes) == (count > limit))
        }
    }

    @Test func `letters between marks end a run`() {
        let runs = Self.run(CombiningMarks.maxRun) + Array("ü".utf8)
        let bytes = (0..<20).flatMap { _ in runs }
        #expect(!Self.hasLongRun(bytes))
    }

    @Test func `text of all scripts has none`() {
        let texts = ["ä", "漢字", "😀", "ไม้", "שָׁלוֹם", "हिन्दी", "각", "e\u{301}\u{316}"]
        for text in texts {
            let bytes = Array(String(repeating: text, count: 2000).utf8)
            #expect(!Self.hasLongRun(bytes), "\(text)")
        }
    }

    @Test func `invalid UTF-8 is no mark`() {
        for byte in UInt8(0x80)...0xFF {
            let bytes = [UInt8](repeating: byte, count: 3000)
            #expect(!Self.hasLongRun(bytes))
        }
        let cut = Self.run(CombiningMarks.maxRun) + [0xCC]
        #expect(!Self.hasLongRun(cut))
    }
}
