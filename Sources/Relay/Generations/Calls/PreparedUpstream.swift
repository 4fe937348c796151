import ChatFormats
import Upstream

/// An upstream as one loop reaches it: its URL and header lines, prepared once.
final class PreparedUpstream {
    let configuration: RelayConfiguration.Upstream
    private let url: String
    private let headers: HeaderLines

    init(_ configuration: RelayConfiguration.Upstream) {
        self.configuration = configuration
        url = configuration.baseURL + configuration.provider.path
        headers = HeaderLines(configuration.provider.headers(key: configuration.key))
    }

    func request(body: [UInt8]) -> UpstreamRequest {
        UpstreamRequest(
            url: url,
            headers: headers,
            body: body,
            bypassesProxy: configuration.bypassesProxy
        )
    }
}
