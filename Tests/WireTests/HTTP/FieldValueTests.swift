import Testing
import Wire

@Suite struct FieldValueTests {
    private static let ranges: [(String, ByteRange)] = [
        ("bytes=0-4", ByteRange.part(0..<5)), ("bytes=95-", .part(95..<100)),
        ("bytes=0-0", .part(0..<1)), ("bytes=90-999", .part(90..<100)),
        ("bytes=-5", .part(95..<100)), ("bytes=-500", .part(0..<100)),
        ("BYTES= 1-2 ", .part(1..<3)), ("bytes=99-99", .part(99..<100)),
        ("bytes=0-99999999999999999999", .part(0..<100)),
        ("bytes=-99999999999999999999", .part(0..<100)),
        ("bytes=100-", .unsatisfiable), ("bytes=100-200", .unsatisfiable),
        ("bytes=-0", .unsatisfiable), ("bytes=99999999999999999999-", .unsatisfiable),
        ("bytes=5-4", .whole), ("bytes=0-1,3-4", .whole), ("bytes=a-b", .whole),
        ("bytes=-", .whole), ("bytes=", .whole), ("bytes", .whole), ("", .whole),
        ("bytes=1", .whole), ("lines=1-2", .whole), ("bytes=+1-2", .whole),
        ("bytes=--1", .whole), ("bytes=1-2-3", .whole),
    ]

    @Test(arguments: ranges)
    func `a range is a part, nothing, or ignored`(header: String, range: ByteRange) {
        #expect(ByteRange.parse(header: header, length: 100) == range)
    }

    @Test func `an empty file has no parts`() {
        #expect(ByteRange.parse(header: "bytes=0-", length: 0) == .unsatisfiable)
        #expect(ByteRange.parse(header: "bytes=-5", length: 0) == .whole)
    }

    @Test(
        arguments: [
            ("", ""), ("abc", "abc"), ("%41%7e", "A~"), ("a+b", "a+b"), ("%C3%A9", "é"),
            ("%00", "\0"), ("%F0%9F%98%80", "😀"), ("%", nil), ("%4", nil), ("%4g", nil),
            ("%+1", nil), ("%C3", nil), ("%C0%80", nil), ("%ED%A0%80", nil), ("a%", nil),
        ] as [(String, String?)]
    )
    func `percent decoding is strict`(text: String, decoded: String?) {
        #expect(PercentEncoding.decode(text) == decoded)
    }

    @Test func `decoded text has no long run of marks`() {
        let runs = [CombiningMarks.maxRun, CombiningMarks.maxRun + 1].map {
            "a" + String(repeating: "%CC%81", count: $0)
        }
        #expect(PercentEncoding.decode(runs[0]) != nil)
        #expect(PercentEncoding.decode(runs[1]) == nil)
        #expect(QueryItems("\(runs[0])=1&b=\(runs[0])") != nil)
        #expect(QueryItems("\(runs[1])=1") == nil)
        #expect(QueryItems("b=\(runs[1])") == nil)
    }

    @Test func `percent encoding leaves the unreserved alone`() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode("a/b é+%") == "a%2Fb%20%C3%A9%2B%25")
    }

    @Test func `a query is a list of names and values`() throws {
        let query = try #require(QueryItems("a=1&b=x+y%2B&&a=2=3&c&=d&stop=%0A"))
        #expect(query["a"] == "1")
        #expect(query.all("a") == ["1", "2=3"])
        #expect(query["b"] == "x y+")
        #expect(query["c"] == "")
        #expect(query[""] == "d")
        #expect(query["stop"] == "\n")
        #expect(query["none"] == nil)
        #expect(query.items.map(\.name) == ["a", "b", "a", "c", "", "stop"])
        #expect(QueryItems("")?.items.isEmpty == true)
    }

    @Test(arguments: ["a=%", "%zz=1", "a=1&b=%FF", "a=%C3&b"])
    func `a broken query is refused`(raw: String) {
        #expect(QueryItems(raw) == nil)
    }

    @Test func `a cookie is found in any line`() {
        let fields: HeaderFields = [
            "Cookie": "a=1; b=\"two\";c = 3 ;bad; ab=no; b=second", "cookie": "d=x=y; e=",
        ]
        #expect(Cookies.value(of: "a", in: fields) == "1")
        #expect(Cookies.value(of: "b", in: fields) == "two")
        #expect(Cookies.value(of: "c", in: fields) == "3")
        #expect(Cookies.value(of: "d", in: fields) == "x=y")
        #expect(Cookies.value(of: "e", in: fields) == "")
        #expect(Cookies.value(of: "A", in: fields) == nil)
        #expect(Cookies.value(of: "bad", in: fields) == nil)
        #expect(Cookies.value(of: "a", in: [:]) == nil)
    }

    @Test(arguments: [
        ("*", true), ("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true),
        ("\"x,y\",W/\"a\"", true), (", \"a\"", true), ("\"b\"", false), ("a", false),
        ("w/\"a\"", false), ("\"a", false), ("", false), ("\"A\"", false), ("junk, \"a\"", false),
        ("\"b\" *", false),
    ])
    func `entity tags are compared weakly`(header: String, isMatch: Bool) {
        #expect(EntityTag.isListed("\"a\"", in: header, .weak) == isMatch)
        #expect(EntityTag.isListed("W/\"a\"", in: header, .weak) == isMatch)
    }

    @Test(arguments: [
        ("*", true), ("\"a\"", true), ("\"b\", \"a\"", true), ("W/\"a\", \"a\"", true),
        ("W/\"a\"", false), ("\"b\"", false), ("", false), ("a", false),
    ])
    func `a weak tag strongly equals no other`(header: String, isMatch: Bool) {
        #expect(EntityTag.isListed("\"a\"", in: header, .strong) == isMatch)
        #expect(EntityTag.isListed("W/\"a\"", in: header, .strong) == (header == "*"))
    }
}
