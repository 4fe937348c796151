import Testing
import Upstream

/// The proxy that libcurl takes from the environment, as curl(1) describes it.
@Suite struct ProxyEnvironmentTests {
    private static let table: [(String, [String: String], String?)] = [
        ("http://h/v1", [:], nil),
        ("http://h/v1", ["http_proxy": "http://p:1"], "http_proxy"),
        ("http://h/v1", ["HTTP_PROXY": "http://p:1"], nil),
        ("https://h/v1", ["http_proxy": "http://p:1"], nil),
        ("https://h/v1", ["HTTPS_PROXY": "http://p:1"], "HTTPS_PROXY"),
        ("https://h/v1", ["https_proxy": "", "ALL_PROXY": "http://p:1"], "ALL_PROXY"),
        ("http://h", ["all_proxy": "http://p:1", "no_proxy": "*"], nil),
        ("http://a.h.example:80/v1", ["all_proxy": "p", "NO_PROXY": "x, .h.example"], nil),
        ("http://u:w@H.Example/v1", ["all_proxy": "p", "no_proxy": "h.example"], nil),
        ("http://bh.example/v1", ["all_proxy": "p", "no_proxy": "h.example"], "all_proxy"),
        ("http://[::1]:9/v1", ["all_proxy": "p", "no_proxy": "[::1]"], nil),
        ("http://h/v1", ["all_proxy": "p", "no_proxy": ""], "all_proxy"),
    ]

    @Test(arguments: table)
    func `a URL is asked through the proxy that the environment names`(
        url: String,
        variables: [String: String],
        name: String?
    ) {
        #expect(ProxyEnvironment.proxy(for: url) { variables[$0] }?.variable == name)
    }
}
