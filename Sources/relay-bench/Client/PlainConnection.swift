import Glibc
import Loop
import Wire

/// A connection that asks and waits, for work that is not timed.
final class PlainConnection {
    /// Which events count as tokens: that depends on the server's dialect.
    enum Token {
        /// The relay's own events, named `token`.
        case named
        /// Events of any dialect that have the simulator's stamp.
        case stamped
    }

    /// The longest silence before an answer counts as failed.
    private static let silenceSeconds = 10

    private let socket: Descriptor

    /// Connects.
    ///
    /// - Parameter port: the server's.
    /// - Throws: `connect: Connection refused` if no server listens.
    init(port: Int) throws(SystemCallError) {
        // From another address than the server's: while no server listens, a connection from the
        // same address may get the same port by chance and connect to itself.
        socket = try Loopback.connect(port: port, blocks: true, source: 2)
        var limit = timeval(tv_sec: Self.silenceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    /// Sends a whole request.
    func send(_ request: [UInt8]) throws(SystemCallError) {
        var offset = 0
        while offset < request.count {
            let count = try check("send") {
                request[offset...].withUnsafeBytes {
                    let flags = Int32(MSG_NOSIGNAL)
                    return Int32(
                        clamping: Glibc.send(socket.number, $0.baseAddress, $0.count, flags)
                    )
                }
            }
            offset += Int(count)
        }
    }

    /// Reads the next answer, a stream of events, to its end.
    ///
    /// - Parameter token: which events count.
    /// - Returns: how many tokens came.
    /// - Throws: `ResponseReader.Failure` for an answer that is not valid, `SystemCallError` for a
    ///   connection that ended or fell silent.
    func readTokens(_ token: Token) throws -> Int {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        var response = ResponseReader()
        var events = EventDecoder()
        var tokens = 0
        var isDone = false
        while !isDone {
            let count = try receive(into: &buffer)
            var content: [UInt8] = []
            isDone = try response.receive(buffer.span.extracting(..<count), into: &content)
            var offset = 0
            while try events.next(content.span, from: &offset) {
                if Self.isToken(events, token) { tokens += 1 }
            }
        }
        return tokens
    }

    /// Reads the next answer to its end.
    ///
    /// - Returns: its content.
    /// - Throws: the same as `readTokens`.
    func readContent() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4 * 1024)
        var response = ResponseReader()
        var content: [UInt8] = []
        var isDone = false
        while !isDone {
            let count = try receive(into: &buffer)
            isDone = try response.receive(buffer.span.extracting(..<count), into: &content)
        }
        return content
    }

    /// Waits for the next bytes.
    ///
    /// - Parameter buffer: where they are put, from the beginning on.
    /// - Returns: how many came, at least one.
    /// - Throws: if the connection ended or fell silent.
    func receive(into buffer: inout [UInt8]) throws(SystemCallError) -> Int {
        let count = recv(socket.number, &buffer, buffer.count, 0)
        guard count != 0 else { throw SystemCallError("recv", ECONNRESET) }
        guard count > 0 else { throw SystemCallError("recv", errno) }
        return count
    }

    private static func isToken(_ events: EventDecoder, _ token: Token) -> Bool {
        switch token {
        case .named: events.name == Array("token".utf8)
        case .stamped: Stamp.find(events.data.span) != nil
        }
    }
}
