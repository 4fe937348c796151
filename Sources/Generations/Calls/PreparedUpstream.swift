import ChatFormats
package import Upstream
import Wire

/// An upstream as one loop reaches it: its URL and header lines, prepared once.
package final class PreparedUpstream {
    package let configuration: RelayConfiguration.Upstream
    /// Whether it is asked at all at the moment; the same for all loops.
    let breaker: Breaker
    private let url: String
    private let headers: HeaderLines

    /// Prepares it.
    package init(_ configuration: RelayConfiguration.Upstream, _ breaker: Breaker = Breaker()) {
        self.configuration = configuration
        self.breaker = breaker
        let query = configuration.style.query.map { "?\($0)" } ?? ""
        url = configuration.baseURL + configuration.provider.path + query
        let own = configuration.style.fields.map { ($0.name.lowercased(), $0.value) }
        let fields = configuration.provider
            .headers(key: configuration.key, configuration.style.quirks)
            .filter { field in !own.contains { equals($0.0, field.0) } }
        headers = HeaderLines(fields + own)
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
