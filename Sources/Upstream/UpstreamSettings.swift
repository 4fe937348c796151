/// How transfers to one upstream are made.
package struct UpstreamSettings: Sendable, Equatable {
    /// A connection, its TLS handshake included, must stand after this long.
    package var connectSeconds = 10
    /// Connections kept open for reuse while few transfers run, per loop.
    package var keptConnections = 256
    /// Transfers that share one of libcurl's multi handles.
    package var transfersPerHandle = 256
    /// How long a multi handle that has nothing to do waits for another rush.
    package var sweepMilliseconds = 1000
    /// A file with certificates to trust instead of the system's, as `CURL_CA_BUNDLE` names one.
    package var certificateFile: String?
    /// A folder with certificates to trust, as `SSL_CERT_DIR` names one.
    package var certificateFolder: String?

    /// The defaults.
    package init() {}
}

/// One request to an upstream.
package struct UpstreamRequest {
    /// An `http` or `https` URL.
    package var url: String
    /// The header lines, prepared once per upstream.
    package var headers: HeaderLines
    /// The content of the POST.
    package var body: [UInt8]
    /// Whether proxies named in the environment are passed by: the simulator is on this machine.
    package var bypassesProxy: Bool

    /// Describes a POST.
    package init(url: String, headers: HeaderLines, body: [UInt8], bypassesProxy: Bool) {
        self.url = url
        self.headers = headers
        self.body = body
        self.bypassesProxy = bypassesProxy
    }
}
