import ChatFormats
package import Upstream

/// An upstream as one loop reaches it: its URL and header lines, prepared once.
package final class PreparedUpstream {
    package let configuration: RelayConfiguration.Upstream
    private let url: String
    private let headers: HeaderLines

    /// Prepares it.
    package init(_ configuration: RelayConfiguration.Upstream) {
        self.configuration = configuration
        url = configuration.baseURL + configuration.provider.path
        headers = HeaderLines(configuration.provider.headers(key: configuration.key))
    }

    /// Makes a request to it.
    package func request(body: [UInt8]) -> UpstreamRequest {
        UpstreamRequest(
            url: url,
            headers: headers,
            body: body,
            bypassesProxy: configuration.bypassesProxy
        )
    }
}
