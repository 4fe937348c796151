import Testing
import Wire

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"),
    ])
    func `known dates are written and read`(seconds: Int, text: String) {
        #expect(written(seconds) == text)
        #expect(HTTPDate.parse(text) == seconds)
    }

    @Test func `every day of two centuries is read back as it was written`() {
        for day in -36_525...36_525 {
            let seconds = day * 86_400 + (day & 0xFFFF)
            #expect(HTTPDate.parse(written(seconds)) == seconds)
        }
    }

    @Test func `years of more than four digits are clamped`() {
        #expect(written(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(written(.min) == "Sat, 01 Jan 0000 00:00:00 GMT")
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Wed Nov 16 08:49:37 1994", 784_975_777),
        ("Wednesday, 01-Jan-20 00:00:00 GMT", 1_577_836_800),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
    ])
    func `all three formats are read`(text: String, seconds: Int) {
        #expect(HTTPDate.parse(text) == seconds)
        #expect(GuardedBuffer.withBytes(Array(text.utf8)) { $0.count } == text.utf8.count)
    }

    @Test(arguments: [
        "", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Tue, 29 Feb 1900 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sonntag, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "784111777",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
    ])
    func `anything else is no date`(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    private func written(_ seconds: Int) -> String {
        var bytes: [UInt8] = []
        HTTPDate.append(seconds, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
