import Glibc

/// One answer as a client read it.
struct Response {
    var status = 0
    var fields: [(name: String, value: String)] = []
    var content: [UInt8] = []

    var text: String { String(decoding: content, as: UTF8.self) }

    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// How a connection ended.
enum Ending: Equatable {
    case closed
    case reset
    /// Nothing came for as long as the client waits.
    case silent
}

/// A client that blocks, for at most a few seconds at a time.
final class Client {
    private let number: Int32
    private var isOpen = true
    /// Received and not read yet.
    private(set) var input: [UInt8] = []
    /// Set once nothing more can come.
    private(set) var ending: Ending?

    init(
        port: Int,
        timeoutSeconds: Int = 20,
        receiveBufferBytes: Int32? = nil,
        beforeConnecting: () -> Void = {}
    ) {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        precondition(number >= 0, "no descriptor left")
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let receiveBufferBytes { set(SOL_SOCKET, SO_RCVBUF, receiveBufferBytes) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        beforeConnecting()
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, size) }
        }
        precondition(result == 0, "connect: \(errno)")
    }

    deinit { close() }

    // MARK: Sending

    /// Sends everything; false where the server does not take it.
    @discardableResult
    func send(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.send(
                    number,
                    UnsafeRawBufferPointer(rebasing: raw[offset...]).baseAddress,
                    raw.count - offset,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(text.utf8) }

    func shutDownWriting() { shutdown(number, Int32(SHUT_WR)) }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(number)
    }

    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Receiving

    /// Whether nothing has come that was not read yet, and the connection is open.
    var isSilent: Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        let count = recv(number, &byte, 1, flags)
        return input.isEmpty && count < 0 && errno == EAGAIN
    }

    /// Receives once; false at the connection's end.
    @discardableResult
    func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(number, &buffer, buffer.count, 0)
        let code = errno
        guard count > 0 else {
            ending = count == 0 ? .closed : code == EAGAIN ? .silent : .reset
            return false
        }
        input.append(contentsOf: buffer[..<count])
        return true
    }

    /// Receives once and forgets it; nil at the connection's end.
    func drop() -> Int? {
        guard receive() else { return nil }
        defer { input.removeAll(keepingCapacity: true) }
        return input.count
    }

    /// Reads to the connection's end.
    func readToEnd() -> (text: String, ending: Ending?) {
        while receive() {}
        let text = String(decoding: input, as: UTF8.self)
        input = []
        return (text, ending)
    }

    /// Reads one answer; nil where the connection ends before it does.
    func response(hasContent: Bool = true) -> Response? {
        guard var response = head() else { return nil }
        guard hasContent, ![100, 204, 304].contains(response.status) else { return response }
        if response["Transfer-Encoding"] == "chunked" {
            guard let content = chunks() else { return nil }
            response.content = content
        } else if let length = response["Content-Length"].flatMap({ Int($0) }) {
            guard let content = take(length) else { return nil }
            response.content = content
        } else {
            response.content = Array(readToEnd().text.utf8)
        }
        return response
    }

    /// Sends a request and reads its answer.
    func ask(_ text: String, hasContent: Bool = true) -> Response? {
        guard send(text) else { return nil }
        return response(hasContent: hasContent)
    }

    func get(_ target: String, _ fields: String...) -> Response? {
        let lines = fields.map { $0 + "\r\n" }.joined()
        return ask("GET \(target) HTTP/1.1\r\nHost: x\r\n\(lines)\r\n")
    }

    private func head() -> Response? {
        guard let statusLine = line() else { return nil }
        let words = statusLine.split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            return nil
        }
        var response = Response(status: status)
        while let line = line() {
            guard !line.isEmpty else { return response }
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            response.fields.append((String(parts[0]), String(parts[1].dropFirst())))
        }
        return nil
    }

    private func chunks() -> [UInt8]? {
        var content: [UInt8] = []
        while let size = line().flatMap({ Int($0, radix: 16) }) {
            guard let chunk = take(size), let end = take(2), end == [13, 10] else { return nil }
            guard size > 0 else { return content }
            content += chunk
        }
        return nil
    }

    private func line() -> String? {
        var searched = 0
        while true {
            while searched + 1 < input.count {
                if input[searched] == 13, input[searched + 1] == 10 {
                    let text = String(decoding: input[..<searched], as: UTF8.self)
                    input.removeFirst(searched + 2)
                    return text
                }
                searched += 1
            }
            guard receive() else { return nil }
        }
    }

    private func take(_ count: Int) -> [UInt8]? {
        while input.count < count { guard receive() else { return nil } }
        let bytes = Array(input[..<count])
        input.removeFirst(count)
        return bytes
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
