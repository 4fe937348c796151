import Testing

@testable import HTTPServer

/// Addresses as text, and the networks that they are in.
@Suite struct AddressNetworkTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:C000:201", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"), ("::1", "::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"),
        ("::192.0.2.1", "::192.0.2.1"), ("fe80::1", "fe80::1"),
    ])
    func `an address is read and written`(text: String, written: String) {
        #expect(PeerAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", "a", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", " 1.2.3.4",
        "1.2.3.4:80", "[::1]", "::1%lo", ":::", "1::2::3", "0x1.2.3.4", "1.2.3.4\0", "１.2.3.4",
        "::ffff:192.0.2.1.example", String(repeating: "1", count: 5000), "unknown", "_x",
    ])
    func `what is no address is none`(text: String) {
        #expect(PeerAddress(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true), ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.4/31", "10.0.0.5", true),
        ("10.0.0.4/31", "10.0.0.6", false), ("128.0.0.0/1", "255.1.1.1", true),
        ("::ffff:10.0.0.0/104", "10.1.1.1", true), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8:0:1::/64", "2001:db8:0:1::9", true),
        ("2001:db8:0:1::/64", "2001:db8:0:2::9", false),
        ("2001:db8::8/125", "2001:db8::f", true), ("2001:db8::8/125", "2001:db8::10", false),
        ("2001:db8::1/128", "2001:db8::1", true), ("2001:db8::1/128", "2001:db8::2", false),
        ("8000::/1", "192.0.2.1", false), ("::/1", "10.0.0.1", false), ("::1", "127.0.0.1", false),
    ])
    func `an address is in the networks that begin as it does`(
        network: String,
        address: String,
        isInside: Bool
    ) throws {
        let address = try #require(PeerAddress(address))
        #expect(try AddressNetwork(network).contains(address) == isInside)
    }

    @Test func `one that is not known is in no network`() throws {
        #expect(AddressNetwork.loopback.allSatisfy { !$0.contains(.unknown) })
        #expect(try !AddressNetwork("0.0.0.0/1").contains(.unknown))
        #expect(PeerAddress.unknown.description == "-" && PeerAddress.unknown.site == nil)
    }

    @Test(arguments: [
        ("proxy.example", AddressNetwork.Fault.address), ("", .address), ("/8", .address),
        ("10.0.0.0/", .length), ("10.0.0.0/33", .length), ("10.0.0.0/+8", .length),
        ("10.0.0.0/8/8", .length), ("::/129", .length), ("10.0.0.0/255.0.0.0", .length),
        ("::ffff:10.0.0.0/8", .length), ("10.0.0.1/8", .host(network: "10.0.0.0/8")),
        ("2001:db8::1/32", .host(network: "2001:db8::/32")), ("0.0.0.0/0", .everybody),
        ("::/0", .everybody), ("::ffff:0.0.0.0/96", .everybody),
    ])
    func `what is no network says why`(text: String, fault: AddressNetwork.Fault) {
        #expect(throws: fault) { try AddressNetwork(text) }
    }
}
