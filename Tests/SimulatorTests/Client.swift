import Glibc

/// A client on a socket of its own, which sends and receives bytes and knows nothing of HTTP.
struct Client: ~Copyable {
    private let descriptor: Int32

    init(port: Int) {
        // SOCK_STREAM, whose Swift type depends on which modules are loaded.
        descriptor = socket(AF_INET, 1, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(result == 0, "the simulator does not listen")
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        let count = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        precondition(count == bytes.count)
    }

    func post(
        _ path: String,
        _ body: String,
        version: String = "1.1",
        headers: String = ""
    ) {
        send(
            "POST \(path) HTTP/\(version)\r\nHost: localhost\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    /// Asks for a stream of OpenAI's.
    func ask(_ model: String, version: String = "1.1") {
        post("/v1/chat/completions", Client.body(model), version: version)
    }

    static func body(
        _ model: String,
        stream: Bool = true,
        prompt: String = "hello"
    ) -> String {
        "{\"model\":\"\(model)\",\"stream\":\(stream),\"max_tokens\":100,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"\(prompt)\"}]}"
    }

    /// Why a reading ended.
    enum End: Equatable {
        case found, closed, timedOut
        case failed(Int32)
    }

    /// Reads until the text appears, the server closes, or the time is up.
    func read(until wanted: String? = nil, milliseconds: Int = 30_000) -> (text: String, end: End) {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, Int32(milliseconds))
            let count = ready > 0 ? recv(descriptor, &buffer, buffer.count, 0) : 0
            let code = errno
            if ready == 0 { return (String(decoding: received, as: UTF8.self), .timedOut) }
            if count == 0 { return (String(decoding: received, as: UTF8.self), .closed) }
            if count < 0 { return (String(decoding: received, as: UTF8.self), .failed(code)) }
            let old = max(0, received.count - 64)
            received += buffer[..<count]
            guard let wanted else { continue }
            if String(decoding: received[old...], as: UTF8.self).contains(wanted) {
                return (String(decoding: received, as: UTF8.self), .found)
            }
        }
    }
}
