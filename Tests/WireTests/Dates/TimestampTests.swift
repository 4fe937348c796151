import Testing
import Wire

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
        (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
        (1_740_787_200_000, "2025-03-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_795_000_000_042, "2026-11-18T11:06:40.042Z"),
    ])
    func `times are written as RFC 3339 has them`(milliseconds: Int, text: String) {
        var out: [UInt8] = []
        Timestamp.append(milliseconds: milliseconds, into: &out)
        #expect(String(decoding: out, as: UTF8.self) == text)
    }

    @Test func `what is written is read to the second`() {
        for day in 0..<73_000 {
            let seconds = day * 86_400 + (day & 0xFFFF)
            var out: [UInt8] = []
            Timestamp.append(milliseconds: seconds * 1000 + day % 1000, into: &out)
            #expect(Timestamp.seconds(String(decoding: out, as: UTF8.self)) == seconds)
        }
    }

    @Test(arguments: ["", "2026-11-18", "2026-13-18T11:06:40.042Z", "+026-11-18T11:06:40.042Z"])
    func `a text that is no time is not read`(text: String) {
        #expect(Timestamp.seconds(text) == nil)
    }
}
