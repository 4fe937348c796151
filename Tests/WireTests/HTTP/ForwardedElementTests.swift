import Testing

@testable import Wire

/// `Forwarded` as RFC 7239 writes it, and as clients forge it.
@Suite struct ForwardedElementTests {
    private typealias Element = ForwardedElement

    @Test(
        arguments: [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", [("192.0.2.60", "http")]),
            ("for=192.0.2.43, for=198.51.100.17", [("192.0.2.43", nil), ("198.51.100.17", nil)]),
            (#"For="[2001:db8:cafe::17]:4711""#, [("[2001:db8:cafe::17]:4711", nil)]),
            (#"for="_gazonk""#, [("_gazonk", nil)]), ("for=unknown", [("unknown", nil)]),
            (#"FOR = x"#, nil), ("for=[2001:db8::1]:1", [("[2001:db8::1]:1", nil)]),
            (#"proto=HTTPS ; for=1.2.3.4"#, [("1.2.3.4", "https")]),
            (#"for="a,b;c\"d\\";proto="https""#, [(#"a,b;c"d\"#, "https")]),
            (",, for=a ,;, ;for=b; ,", [("a", nil), ("b", nil)]), ("", []), (" , ", []),
            ("host=a.example", [(nil, nil)]), (#"for="""#, [("", nil)]),
            // What does not follow the grammar.
            ("for=a;for=b", nil), ("for", nil), ("for=", nil), ("=a", nil), (#"for="a"#, nil),
            (#"for="a\"#, nil), (#"for="a"b"#, nil), ("for=a b", nil), ("for=a for=b", nil),
            ("for=ä", nil), ("10.0.0.1", nil),
        ] as [(String, [(String?, String?)]?)]
    )
    func `a line is read as its grammar says, or not at all`(
        line: String,
        expected: [(node: String?, scheme: String?)]?
    ) {
        let expected = expected?.map { Element(node: $0.node, scheme: $0.scheme) }
        #expect(Element.list(line) == expected)
    }
}
