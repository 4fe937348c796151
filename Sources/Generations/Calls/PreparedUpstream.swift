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
    /// For what is asked beside chats, which may be answered in any form.
    private let otherHeaders: HeaderLines

    /// Prepares it.
    package init(_ configuration: RelayConfiguration.Upstream, _ breaker: Breaker = Breaker()) {
        self.configuration = configuration
        self.breaker = breaker
        url = Self.url(configuration, configuration.provider.path)
        let own = configuration.style.fields.map { ($0.name.lowercased(), $0.value) }
        let fields = configuration.provider
            .headers(key: configuration.key, configuration.style.quirks)
            .filter { field in !own.contains { equals($0.0, field.0) } }
        headers = HeaderLines(fields + own)
        otherHeaders = HeaderLines(
            fields.map { $0.0 == "accept" ? ($0.0, "*/*") : $0 } + own
        )
    }

    /// Makes a request to it.
    package func request(body: [UInt8]) -> UpstreamRequest {
        request(url, headers, body)
    }

    /// Makes a request to another path than the one for chats: a GET where there is no body.
    ///
    /// - Parameters:
    ///   - path: what follows the base URL.
    ///   - query: what its query has beside what the upstream's own has.
    ///   - body: what is sent.
    /// - Returns: the request.
    func request(_ path: String, query: String? = nil, body: [UInt8]?) -> UpstreamRequest {
        request(Self.url(configuration, path, query), otherHeaders, body)
    }

    private func request(
        _ url: String,
        _ headers: HeaderLines,
        _ body: [UInt8]?
    ) -> UpstreamRequest {
        UpstreamRequest(
            url: url,
            headers: headers,
            body: body,
            bypassesProxy: configuration.bypassesProxy
        )
    }

    private static func url(
        _ upstream: RelayConfiguration.Upstream,
        _ path: String,
        _ more: String? = nil
    ) -> String {
        let query = [upstream.style.query, more].compactMap { $0 }.joined(separator: "&")
        return upstream.baseURL + path + (query.isEmpty ? "" : "?\(query)")
    }
}
