import Testing

@testable import Upstream

@Suite struct ProxyVariablesTests {
    private func proxy(_ url: String, _ variables: [String: String]) -> ProxyVariables.Proxy? {
        ProxyVariables { variables[$0] }.proxy(for: url)
    }

    @Test(arguments: [
        ("https", "https_proxy", true), ("https", "HTTPS_PROXY", true),
        ("https", "all_proxy", true), ("https", "ALL_PROXY", true),
        ("https", "http_proxy", false), ("https", "HTTP_PROXY", false),
        ("http", "http_proxy", true), ("http", "HTTP_PROXY", false),
        ("http", "all_proxy", true), ("http", "ALL_PROXY", true),
        ("http", "https_proxy", false), ("HTTPS", "https_proxy", true),
    ])
    func `a scheme has the variables that libcurl reads for it`(
        scheme: String,
        variable: String,
        counts: Bool
    ) {
        let found = proxy("\(scheme)://api.example.com/v1", [variable: "http://p:3128"])
        #expect(found == (counts ? .init(url: "http://p:3128", variable: variable) : nil))
    }

    @Test func `small letters win, then the scheme's own`() {
        let all = [
            "https_proxy": "http://a", "HTTPS_PROXY": "http://b", "all_proxy": "http://c",
            "ALL_PROXY": "http://d",
        ]
        var left = all
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            #expect(proxy("https://x.example", left)?.variable == name)
            left[name] = ""
        }
        #expect(proxy("https://x.example", left) == nil)
    }

    @Test func `a proxy without a scheme is one that speaks HTTP`() {
        #expect(proxy("https://x.example", ["all_proxy": "p:1"])?.url == "http://p:1")
        #expect(proxy("https://x.example", ["all_proxy": "socks5h://p"])?.url == "socks5h://p")
    }

    @Test(arguments: [
        "http://localhost:11434/v1", "http://LOCALHOST", "http://localhost./v1",
        "http://llama.localhost:8080", "http://127.0.0.1:1", "http://127.255.1.2", "http://127.1",
        "http://[::1]:8080/v1", "http://[::ffff:127.0.0.1]:1", "http://[::FFFF:7f00:1]",
        "http://user:p@ss@127.0.0.1:1/v1", "http://0.0.0.0:8080", "http://[::]:8080",
        "http://0x7f000001", "https://localhost?x", "http://[0:0:0:0:0:0:0:1]",
    ])
    func `this machine is never reached through a proxy`(url: String) {
        #expect(ProxyVariables.isLoopback(url))
        #expect(proxy(url, ["http_proxy": "p", "all_proxy": "p"]) == nil)
    }

    @Test(arguments: [
        "http://localhost.example.com", "http://127.example.com", "http://10.0.0.1",
        "http://128.0.0.1", "http://[::2]", "http://[fe80::1%25eth0]", "http://[::ffff:10.0.0.1]",
        "http://127.0.0.1@api.example.com", "http://notlocalhost", "http://host.docker.internal",
    ])
    func `other machines are`(url: String) {
        #expect(!ProxyVariables.isLoopback(url))
        #expect(proxy(url, ["http_proxy": "p"])?.url == "http://p")
    }

    @Test(arguments: [
        ("*", "https://x.example", true),
        ("x.example", "https://x.example", true),
        ("X.Example", "https://x.EXAMPLE:8443/v1", true),
        (".x.example", "https://x.example", true),
        ("x.example.", "https://x.example.", true),
        ("example", "https://x.example", true),
        ("ample", "https://x.example", false),
        ("a.example,x.example", "https://x.example", true),
        ("a.example x.example", "https://x.example", true),
        (" a.example ,\tx.example ", "https://x.example", true),
        ("*, x", "https://x.example", false),
        ("10.0.0.0/8", "https://10.1.2.3", true),
        ("10.0.0.0/8", "https://11.1.2.3", false),
        ("10.1.2.0/23", "https://10.1.3.9", true),
        ("10.1.2.0/23", "https://10.1.4.9", false),
        ("10.1.2.3", "https://10.1.2.3", true),
        ("10.1.2.3/33", "https://10.1.2.3", false),
        ("10.1.2.3", "https://10.1.2.4", false),
        ("fd00::/8", "https://[fd12::1]:1", true),
        ("fd00::/8", "https://[fe12::1]", false),
        ("fd12::1", "https://[fd12:0::1]", true),
        ("2.3", "https://10.1.2.3", false),
        (",", "https://x.example", false),
    ])
    func `what no_proxy lists is reached directly`(list: String, url: String, isListed: Bool) {
        for name in ["no_proxy", "NO_PROXY"] {
            let found = proxy(url, ["https_proxy": "p", name: list])
            #expect((found == nil) == isListed)
        }
    }
}
