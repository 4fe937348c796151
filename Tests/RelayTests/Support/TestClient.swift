import Glibc
import Loop
import TestSupport
import Wire

@testable import Generations

/// Why a client could not read on.
enum ClientError: Error, Equatable {
    case notConnected(Int32)
    /// Nothing came for a minute.
    case timedOut
    /// The connection ended, or was reset, where more was promised.
    case cut
    case malformed(String)
}

/// One event as a client sees it.
struct Event: Equatable {
    var name = ""
    var data = ""
    var id = ""

    /// The data as JSON.
    var json: JSON { (try? JSON.parse(Array(data.utf8).span)) ?? .null }
}

/// The head of an answer.
struct Head {
    var status = 0
    var fields: HeaderFields = [:]

    /// The answer's stream id.
    var id: String { fields.first("X-Stream-Id") ?? "" }
}

/// A blocking HTTP client on one connection.
///
/// It is strict: what is not whole is an error.
final class TestClient {
    private enum Framing { case none, fixed(Int), chunked, toEnd }

    private(set) var descriptor: Int32
    private var input: [UInt8] = []
    private var offset = 0
    private var framing = Framing.none
    private var decoder = EventDecoder()
    private var piece: [UInt8] = []
    private var pieceOffset = 0

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(
                descriptor,
                SOL_SOCKET,
                SO_RCVBUF,
                &size,
                socklen_t(MemoryLayout<Int32>.size)
            )
        }
        var time = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &time,
            socklen_t(MemoryLayout<timeval>.size)
        )
        // A request in two pieces would wait for the first one's acknowledgement.
        var noDelay: Int32 = 1
        setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_NODELAY,
            &noDelay,
            socklen_t(MemoryLayout<Int32>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw ClientError.notConnected(errno) }
    }

    deinit { close() }

    /// Closes the connection in good order.
    func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }

    /// Leaves with a reset, as a process does that dies with unread input.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_LINGER,
            &option,
            socklen_t(MemoryLayout<linger>.size)
        )
        close()
    }

    // MARK: Asking

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            bytes = bytes.dropFirst(sent)
        }
    }

    /// Sends a request; `Host` is our own unless it is among the fields.
    func request(
        _ method: String,
        _ target: String,
        _ fields: HeaderFields = [:],
        body: String? = nil
    ) {
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if fields.first("Host") == nil { text += "Host: localhost\r\n" }
        for field in fields.fields { text += "\(field.name): \(field.value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        send(text + "\r\n" + (body ?? ""))
    }

    // MARK: Hearing

    /// Whether everything that came was read, and the connection is open.
    var isSilent: Bool {
        guard offset == input.count, pieceOffset == piece.count else { return false }
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        let count = recv(descriptor, &byte, 1, flags)
        return count < 0 && errno == EAGAIN
    }

    /// Reads a head and all its content while the clock is turned.
    func read(turning clock: ManualClock) async throws -> (head: Head, content: [UInt8]) {
        try await clock.turn { !isSilent }
        let head = try readHead()
        var content: [UInt8] = []
        while true {
            try await clock.turn { !isSilent }
            guard let piece = try readPiece() else { return (head, content) }
            content += piece
        }
    }

    func readHead(isToHead: Bool = false) throws -> Head {
        var head = Head()
        let line = try readLine()
        guard line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else {
            throw ClientError.malformed(line)
        }
        head.status = status
        while true {
            let line = try readLine()
            guard !line.isEmpty else { break }
            guard let colon = line.firstIndex(of: ":") else { throw ClientError.malformed(line) }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            head.fields.append(String(line[..<colon]), String(value))
        }
        framing = isToHead || status == 204 || status == 304 ? .none : try Self.framing(head.fields)
        decoder = EventDecoder()
        piece = []
        pieceOffset = 0
        return head
    }

    private static func framing(_ fields: HeaderFields) throws -> Framing {
        if fields.tokens("Transfer-Encoding") == ["chunked"] { return .chunked }
        guard let text = fields.first("Content-Length") else { return .toEnd }
        guard let length = parseDecimal(text) else { throw ClientError.malformed(text) }
        return .fixed(length)
    }

    /// The whole content.
    func readBody() throws -> [UInt8] {
        var body: [UInt8] = []
        while let piece = try readPiece() { body += piece }
        return body
    }

    /// All bytes that come until the server closes, head and framing included.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        return try take(input.count - offset)
    }

    /// The content as JSON.
    func readJSON() throws -> JSON {
        let body = try readBody()
        return try JSON.parse(body.span)
    }

    /// The next event; nil at the end of the stream, which must come in good order.
    func readEvent() throws -> Event? {
        while true {
            let bytes = piece
            if try decoder.next(bytes.span, from: &pieceOffset) {
                return Event(
                    name: String(decoding: decoder.name, as: UTF8.self),
                    data: String(decoding: decoder.data, as: UTF8.self),
                    id: String(decoding: decoder.lastEventID, as: UTF8.self)
                )
            }
            guard let next = try readPiece() else { return nil }
            piece = next
            pieceOffset = 0
        }
    }

    /// All events up to the end.
    func readEvents() throws -> [Event] {
        var events: [Event] = []
        while let event = try readEvent() { events.append(event) }
        return events
    }

    /// Comments and reconnection time seen so far.
    var commentCount: Int { decoder.commentCount }
    var retryMilliseconds: Int? { decoder.retryMilliseconds }

    /// The next piece of content as it comes: a chunk, or the bytes that are there.
    func readPiece() throws -> [UInt8]? {
        switch framing {
        case .none: return nil
        case .fixed(0):
            framing = .none
            return nil
        case .fixed(let left):
            let bytes = try take(min(left, 1 << 16))
            framing = .fixed(left - bytes.count)
            return bytes
        case .chunked:
            let line = try readLine()
            guard let size = Int(line, radix: 16) else { throw ClientError.malformed(line) }
            let bytes = try take(size)
            guard try readLine().isEmpty else { throw ClientError.malformed("chunk") }
            if size == 0 { framing = .none }
            return size == 0 ? nil : bytes
        case .toEnd:
            if offset == input.count, try !fill() { return nil }
            return try take(input.count - offset)
        }
    }

    /// Whether the server has closed the connection; waits for it.
    func isClosed() -> Bool {
        guard offset == input.count else { return false }
        do { return try !fill() } catch { return (error as? ClientError) == .cut }
    }

    private func readLine() throws -> String {
        var end = offset
        while true {
            while end + 1 < input.count {
                if input[end] == 0x0D, input[end + 1] == 0x0A {
                    let line = String(decoding: input[offset..<end], as: UTF8.self)
                    offset = end + 2
                    return line
                }
                end += 1
            }
            let before = offset
            guard try fill() else { throw ClientError.cut }
            end -= before - offset
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while input.count - offset < count {
            guard try fill() else { throw ClientError.cut }
        }
        defer { offset += count }
        return Array(input[offset..<(offset + count)])
    }

    private func fill() throws -> Bool {
        if offset > 0 {
            input.removeFirst(offset)
            offset = 0
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        let code = errno
        guard count >= 0 else {
            throw code == EAGAIN ? ClientError.timedOut : ClientError.cut
        }
        input += buffer[..<count]
        return count > 0
    }
}
