import HTTPServer
import Testing

@testable import sse_relay

/// The proxies that an operator names.
@Suite struct ProxySettingsTests {
    private func trust(_ values: [String: String]) throws -> ProxyTrust {
        try ProxySettings(Environment(values)).trust
    }

    @Test func `nobody is believed unless named`() throws {
        #expect(try trust([:]) == ProxyTrust())
        #expect(try trust(["RELAY_TRUSTED_PROXIES": ""]).networks.isEmpty)
    }

    @Test func `addresses, networks and this machine may be named`() throws {
        let list = " LOOPBACK,10.0.0.5 , 2001:db8:1::/48,, "
        let trust = try trust([
            "RELAY_TRUSTED_PROXIES": list, "RELAY_FORWARDED_FIELD": "Forwarded",
        ])
        #expect(trust.field == .forwarded && trust.networks.count == 4)
        for text in ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.5", "2001:db8:1:ffff::"] {
            #expect(trust.trusts(try #require(PeerAddress(text))))
        }
        #expect(!trust.trusts(try #require(PeerAddress("10.0.0.6"))))
    }

    @Test(arguments: [
        ("10.0.0.5, proxy.example", "proxy.example is no address and no network"),
        ("10.0.0.1/8", "10.0.0.0/8 is one"), ("10.0.0.0/40", "10.0.0.0/40 has no number of bits"),
        ("0.0.0.0/0", "everybody"),
    ])
    func `a wrong entry is named with what is wrong`(list: String, reason: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try trust(["RELAY_TRUSTED_PROXIES": list])
        }
        #expect(error?.variable == "RELAY_TRUSTED_PROXIES")
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "")")
    }

    @Test func `one of the two fields is read, and no other word`() {
        let error = #expect(throws: ConfigurationError.self) {
            try trust(["RELAY_FORWARDED_FIELD": "x-real-ip"])
        }
        #expect(error?.problem.contains("x-forwarded-for or forwarded") == true)
    }

    @Test func `a preamble is expected only where somebody's counts`() throws {
        #expect(try !trust(["RELAY_TRUSTED_PROXIES": "loopback"]).hasPreambles)
        let values = ["RELAY_TRUSTED_PROXIES": "loopback", "RELAY_PROXY_PROTOCOL": "1"]
        #expect(try trust(values).hasPreambles)
        let error = #expect(throws: ConfigurationError.self) {
            try trust(["RELAY_PROXY_PROTOCOL": "1"])
        }
        #expect(error?.problem.contains("RELAY_TRUSTED_PROXIES names nobody") == true)
    }
}
