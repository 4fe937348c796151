import CCurl

/// One libcurl handle, used for many transfers one after the other: options that are the same for
/// all of them are set once.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// Where libcurl writes its message about a failure.
    private let errorText: UnsafeMutablePointer<CChar>
    /// The URL of the last transfer; most handles serve one upstream all their lives.
    private var url = ""
    /// The same URL, parsed once: libcurl would parse it for every transfer, and write it again.
    private let parsedURL: OpaquePointer
    private var bypassesProxy: Bool?
    /// Whether the last transfer was a GET.
    private var isGet = false

    /// How many bytes are read at once: `CurlMemory` has cells of this size, and a frame of HTTP/2
    /// fits (16 KiB, RFC 9113 §4.2).
    ///
    /// With less, a frame of a paused stream holds up all other streams of its connection.
    private static let bufferBytes = 16 << 10

    init?(_ settings: UpstreamSettings) {
        guard let parsedURL = curl_url() else { return nil }
        guard let pointer = curl_easy_init() else {
            curl_url_cleanup(parsedURL)
            return nil
        }
        self.parsedURL = parsedURL
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.pointee = 0
        setOnce(settings)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_url_cleanup(parsedURL)
        errorText.deallocate()
    }

    var error: String { String(cString: errorText) }

    private func setOnce(_ settings: UpstreamSettings) {
        set(CURLOPT_ERRORBUFFER, UnsafeRawPointer(errorText))
        // Without it libcurl changes the handling of SIGPIPE, and back, at every action.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        // The key goes to the server that is configured, and to no other that it names.
        set(CURLOPT_FOLLOWLOCATION, 0)
        // libcurl's own defaults, which no build of it shall change: the key must not go to a
        // server that has no certificate for its name, nor over a TLS that is broken (RFC 8996).
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // Not CURLOPT_PIPEWAIT: if the first connection turns out to speak HTTP/1.1, libcurl makes
        // the transfers that waited for it wait until the whole first answer is over.
        // A proxy's answer to CONNECT is no part of the upstream's answer.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // libcurl resolves names on a thread of its own. Without this, a transfer that is given up
        // meanwhile waits for that thread, and the whole loop with it.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_BUFFERSIZE, Self.bufferBytes)
        set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectSeconds * 1000)
        set(CURLOPT_POST, 1)
        // Every coding that this libcurl knows is decoded, though none is asked for: the request's
        // own header line says so, and some proxies compress in spite of it.
        set(CURLOPT_ACCEPT_ENCODING, "")
        relay_easy_set_write(pointer, CURLOPT_WRITEFUNCTION, receiveBody)
        relay_easy_set_write(pointer, CURLOPT_HEADERFUNCTION, receiveHeaderLine)
        if let file = settings.certificateFile { set(CURLOPT_CAINFO, file) }
        if let folder = settings.certificateFolder { set(CURLOPT_CAPATH, folder) }
    }

    /// Sets what differs from transfer to transfer.
    func prepare(_ request: UpstreamRequest, for transfer: UnsafeMutableRawPointer) {
        errorText.pointee = 0
        if request.url != url {
            set(request.url)
        }
        set(CURLOPT_HTTPHEADER, request.headers.list.map { UnsafeRawPointer($0) })
        if let body = request.body {
            if isGet { set(CURLOPT_POST, 1) }
            relay_easy_set_offset(
                pointer,
                CURLOPT_POSTFIELDSIZE_LARGE,
                curl_off_t(body.count)
            )
            body.withUnsafeBytes { set(CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
        } else {
            set(CURLOPT_HTTPGET, 1)
        }
        isGet = request.body == nil
        if request.bypassesProxy != bypassesProxy {
            bypassesProxy = request.bypassesProxy
            relay_easy_set_text(pointer, CURLOPT_NOPROXY, request.bypassesProxy ? "*" : nil)
        }
        set(CURLOPT_WRITEDATA, UnsafeRawPointer(transfer))
        set(CURLOPT_HEADERDATA, UnsafeRawPointer(transfer))
        set(CURLOPT_PRIVATE, UnsafeRawPointer(transfer))
    }

    private func set(_ newURL: String) {
        url = newURL
        set(CURLOPT_URL, url)
        // Cleared first: a URL without a scheme would count as relative to the one before.
        curl_url_set(parsedURL, CURLUPART_URL, nil, 0)
        let isParsed = curl_url_set(parsedURL, CURLUPART_URL, url, 0) == CURLUE_OK
        // A URL that cannot be parsed is left to the transfer, which fails with a message.
        set(CURLOPT_CURLU, isParsed ? UnsafeRawPointer(parsedURL) : nil)
    }

    /// Whether a transfer has made no connection of its own.
    static func isOnKeptConnection(_ easy: UnsafeMutableRawPointer?) -> Bool {
        var made = 0
        return relay_easy_get_long(easy, CURLINFO_NUM_CONNECTS, &made) == CURLE_OK && made == 0
    }

    /// Makes libcurl take a fresh connection if it makes a running transfer again.
    ///
    /// It does so by itself, with the body, where a kept connection breaks before any byte of the
    /// answer. A peer that acknowledged nothing has most likely not got the request. Where only its
    /// acknowledgements were lost, it may answer twice; so it may after any break.
    ///
    /// Whatever made one kept connection dead has killed the others too, and each would take its
    /// whole time again.
    static func wantsFreshConnection(_ easy: UnsafeMutableRawPointer?) {
        relay_easy_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
    }

    /// Drops what only the last transfer needed: an idle handle must not hold a prompt.
    func forget() {
        set(CURLOPT_FRESH_CONNECT, 0)
        set(CURLOPT_POSTFIELDS, UnsafeRawPointer?.none)
        set(CURLOPT_HTTPHEADER, UnsafeRawPointer?.none)
    }

    private func set(_ option: CURLoption, _ value: Int) {
        relay_easy_set_long(pointer, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
        relay_easy_set_text(pointer, option, value)
    }

    private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
        relay_easy_set_pointer(pointer, option, value)
    }
}
