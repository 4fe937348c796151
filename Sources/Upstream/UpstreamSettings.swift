/// How transfers to one upstream are made.
package struct UpstreamSettings: Sendable, Equatable {
    /// The time within which a connection must be established, its TLS handshake included.
    package var connectSeconds = 10
    /// How long what is sent on a kept connection may be unacknowledged before the transfer is made
    /// again on a fresh one, in milliseconds.
    ///
    /// A peer that lives acknowledges within half a second and a round trip (RFC 9293 §3.8.6.3),
    /// whatever its program does; meanwhile the kernel sends the bytes five times (RFC 6298 §5).
    /// Bytes that a peer has no room for count, too: it has not read the whole request.
    package var acknowledgeMilliseconds = 5000
    /// How many connections each loop keeps for reuse while few transfers run.
    package var keptConnections = 256
    /// How many transfers share one of libcurl's multi handles.
    package var transfersPerHandle = 256
    /// How long a multi handle without transfers waits for another rush.
    package var sweepMilliseconds = 1000
    /// A file with certificates to trust instead of the system's, like `CURL_CA_BUNDLE`.
    package var certificateFile: String?
    /// A folder with certificates to trust, like `SSL_CERT_DIR`.
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
    /// The content of a POST; nil for a GET.
    package var body: [UInt8]?
    /// Whether proxies from the environment are bypassed: the simulator is on this machine.
    package var bypassesProxy: Bool

    /// Describes one.
    package init(url: String, headers: HeaderLines, body: [UInt8]?, bypassesProxy: Bool) {
        self.url = url
        self.headers = headers
        self.body = body
        self.bypassesProxy = bypassesProxy
    }
}
