import Testing
import Wire

@testable import HTTPServer

/// Who asks, by what proxies and clients write into the fields.
@Suite struct ClientSourceTests {
    private static func source(
        _ fields: HeaderFields,
        from peer: String = "127.0.0.1",
        trusted: [String] = ["127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48"],
        _ field: ProxyTrust.Field = .xForwardedFor
    ) throws -> ClientSource {
        var trust = ProxyTrust()
        trust.networks = try trusted.map { text throws in try AddressNetwork(text) }
        trust.field = field
        return ClientSource(fields, from: try #require(PeerAddress(peer)), trust)
    }

    private static func lines(_ name: String, _ values: [String]) -> HeaderFields {
        var fields = HeaderFields()
        for value in values { fields.append(name, value) }
        return fields
    }

    @Test(arguments: [
        ([], "127.0.0.1"), (["203.0.113.7"], "203.0.113.7"),
        // What the client made up is left of what the proxy wrote.
        (["1.1.1.1, 203.0.113.7"], "203.0.113.7"), (["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7, 10.0.0.3"], "203.0.113.7"),
        (["1.1.1.1, 203.0.113.7, 10.0.0.3, 10.0.0.2"], "203.0.113.7"),
        (["1.1.1.1, 203.0.113.7", "10.0.0.3"], "203.0.113.7"),
        // A client within the networks of the proxies.
        (["10.0.0.9"], "10.0.0.9"), (["10.0.0.9, 10.0.0.3"], "10.0.0.9"),
        (["203.0.113.7:4711"], "203.0.113.7"), (["2001:db8::9"], "2001:db8::9"),
        (["[2001:db8::9]:80"], "2001:db8::9"), (["[2001:db8::9]"], "2001:db8::9"),
        (["::ffff:203.0.113.7"], "203.0.113.7"), (["203.0.113.7, ::ffff:10.0.0.1"], "203.0.113.7"),
        (["203.0.113.7, 2001:db8:1::5"], "203.0.113.7"), ([" , 203.0.113.7 ,,"], "203.0.113.7"),
        // Nobody knows who asked the last proxy that is known.
        (["unknown"], "127.0.0.1"), (["_hidden, 10.0.0.3"], "10.0.0.3"),
        (["203.0.113.7, nonsense"], "127.0.0.1"), (["203.0.113.7, nonsense, 10.0.0.3"], "10.0.0.3"),
        (["203.0.113.7:123456"], "127.0.0.1"), (["203.0.113.7:x"], "127.0.0.1"),
        (["[203.0.113.7]:80"], "127.0.0.1"), (["[2001:db8::9"], "127.0.0.1"),
        (["[2001:db8::9]80"], "127.0.0.1"), (["2001:db8::9%eth0"], "127.0.0.1"),
        (["203.0.113.7;1.1.1.1"], "127.0.0.1"), (["\"203.0.113.7\""], "127.0.0.1"),
    ])
    func `the client is the last one in the list that is no trusted proxy`(
        values: [String],
        client: String
    ) throws {
        let source = try Self.source(Self.lines("X-Forwarded-For", values))
        #expect(source.address.description == client)
    }

    @Test(arguments: ["203.0.113.7", "11.0.0.1", "2001:db8::1"])
    func `nobody but a trusted proxy is believed`(peer: String) throws {
        var fields = Self.lines("X-Forwarded-For", ["192.0.2.1"])
        fields.append("Forwarded", "for=192.0.2.1;proto=https")
        fields.append("X-Forwarded-Proto", "https")
        for field: ProxyTrust.Field in [.xForwardedFor, .forwarded] {
            let source = try Self.source(fields, from: peer, field)
            #expect(source.address.description == peer && !source.isSecure)
            let alone = try Self.source(fields, trusted: [], field)
            #expect(alone.address.description == "127.0.0.1" && !alone.isSecure)
        }
    }

    @Test(arguments: [
        (["for=203.0.113.7;proto=https"], "203.0.113.7", true),
        (["for=203.0.113.7;proto=https, for=10.0.0.3;proto=http"], "203.0.113.7", true),
        (["for=203.0.113.7, for=10.0.0.3;proto=https"], "203.0.113.7", false),
        (["for=1.1.1.1;proto=https, for=203.0.113.7;proto=http"], "203.0.113.7", false),
        (["for=1.1.1.1;proto=https", #"for="[2001:db8::9]:4711""#], "2001:db8::9", false),
        (["for=203.0.113.7, for=unknown;proto=https"], "127.0.0.1", true),
        ([#"for="_x:_y""#], "127.0.0.1", false), (["for=203.0.113.7:_port1"], "203.0.113.7", false),
        ([#"for="203.0.113.7:80""#], "203.0.113.7", false),
        // An open quote swallows what the proxy wrote into the same line.
        ([#"for=", for=203.0.113.7;proto=https"#], "127.0.0.1", false),
        ([#"for="x"#, "for=203.0.113.7;proto=https"], "203.0.113.7", true),
        (["203.0.113.7"], "127.0.0.1", false), (["proto=https"], "127.0.0.1", true),
    ])
    func `Forwarded says the same, and by which scheme`(
        values: [String],
        client: String,
        isSecure: Bool
    ) throws {
        let source = try Self.source(Self.lines("Forwarded", values), .forwarded)
        #expect(source.address.description == client && source.isSecure == isSecure)
    }

    @Test(arguments: [
        (["https"], true), (["HTTPS"], true), (["https, https"], true), (["https", "https"], true),
        (["http"], false), (["https, http"], false), (["http, https"], false), (["wss"], false),
        ([], false), ([""], false),
    ])
    func `the scheme is https where each proxy says so`(values: [String], isSecure: Bool) throws {
        let source = try Self.source(Self.lines("X-Forwarded-Proto", values))
        #expect(source.isSecure == isSecure)
    }

    @Test func `the field that is not named is not read`() throws {
        var fields = Self.lines("X-Forwarded-For", ["203.0.113.7"])
        fields.append("Forwarded", "for=192.0.2.1;proto=https")
        let first = try Self.source(fields, .xForwardedFor)
        #expect(first.address.description == "203.0.113.7" && !first.isSecure)
        fields.append("X-Forwarded-Proto", "http")
        let second = try Self.source(fields, .forwarded)
        #expect(second.address.description == "192.0.2.1" && second.isSecure)
        let none = try Self.source(Self.lines("Forwarded", ["for=192.0.2.1"]), .xForwardedFor)
        #expect(none.address.description == "127.0.0.1")
    }

    @Test func `a long list is looked at as far as there may be proxies`() throws {
        let proxies = [String](repeating: "10.0.0.3", count: ClientSource.maxEntries - 1)
        let near = Self.lines("X-Forwarded-For", ["203.0.113.7"] + proxies)
        #expect(try Self.source(near).address.description == "203.0.113.7")
        let far = Self.lines("X-Forwarded-For", ["203.0.113.7", "10.0.0.4"] + proxies)
        #expect(try Self.source(far).address.description == "10.0.0.4")
    }
}
