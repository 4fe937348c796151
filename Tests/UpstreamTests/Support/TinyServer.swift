import Dispatch
import Glibc
import Loop

@testable import HTTPServer
@testable import Upstream

/// A server that plays a script to each connection, on threads of its own.
///
/// Its threads have ended when `stop` returns: memory that one still held at the process's end
/// would be a leak to the address sanitizer.
final class TinyServer: Sendable {
    typealias Script = @Sendable (Int) -> String?

    private struct State {
        var accepted = 0
        var requests = 0
        var lastRequest = ""
        var isStopped = false
        /// The connections that are open.
        var clients: Set<Int32> = []
    }

    let port: Int
    private let listener: ListeningSocket
    private let state = Guarded(State())
    private let threads = DispatchGroup()

    var accepted: Int { state.withLock { $0.accepted } }
    var requests: Int { state.withLock { $0.requests } }
    var lastRequest: String { state.withLock { $0.lastRequest } }
    var url: String { "http://127.0.0.1:\(port)/" }

    /// Sends what `answer` gives for request number n of all, from 1; nil closes instead.
    ///
    /// The connection closes after an answer that says so.
    fileprivate init(_ answer: @escaping Script) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        port = listener.port
        let number = listener.number
        let flags = fcntl(number, F_GETFL)
        _ = fcntl(number, F_SETFL, flags & ~O_NONBLOCK)
        onThread { self.accept(from: number, answer) }
    }

    /// Makes the kernel drop whatever arrives on the connections that are open now: to the other
    /// side this server's machine is gone.
    ///
    /// - Returns: how many connections it did so for.
    func vanish() -> Int {
        // One instruction of the kernel's packet filter (<linux/filter.h>): "return 0 bytes".
        var dropAll = UInt64(0x06)
        return withUnsafeMutablePointer(to: &dropAll) { instruction in
            var program = PacketFilter(count: 1, instructions: instruction)
            let size = socklen_t(MemoryLayout<PacketFilter>.size)
            return state.withLock { state in
                state.clients.count {
                    setsockopt($0, SOL_SOCKET, SO_ATTACH_FILTER, &program, size) == 0
                }
            }
        }
    }

    /// Closes every connection, and waits for the threads.
    fileprivate func stop() {
        state.withLock { state in
            state.isStopped = true
            for client in state.clients { shutdown(client, Int32(SHUT_RDWR)) }
        }
        shutdown(listener.number, Int32(SHUT_RDWR))
        threads.wait()
    }

    /// Runs blocking work; the group is left after the block has released what it holds.
    private func onThread(_ work: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "tiny-server").async(group: threads, execute: work)
    }

    private func accept(from number: Int32, _ answer: @escaping Script) {
        while true {
            let client = Glibc.accept(number, nil, nil)
            guard client >= 0 else { return }
            let isServed = state.withLock { state in
                guard !state.isStopped else { return false }
                state.accepted += 1
                state.clients.insert(client)
                return true
            }
            guard isServed else {
                close(client)
                return
            }
            onThread { self.serve(client, answer) }
        }
    }

    private func serve(_ client: Int32, _ answer: Script) {
        defer {
            // Closed under the lock: another connection may get the number at once.
            state.withLock { state in
                state.clients.remove(client)
                close(client)
            }
        }
        var input = ""
        while readRequest(client, &input) {
            defer { input = "" }
            let number = state.withLock { state in
                state.requests += 1
                state.lastRequest = input
                return state.requests
            }
            guard let text = answer(number) else { return }
            // A vertical line means a pause.
            for part in text.split(separator: "|", omittingEmptySubsequences: false) {
                guard send(client, Array(part.utf8)) else { return }
                guard !state.withLock({ $0.isStopped }) else { return }
                usleep(20_000)
            }
            if text.contains("Connection: close") { return }
        }
    }

    private func readRequest(_ client: Int32, _ input: inout String) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var wanted: Int?
        while true {
            if wanted == nil, let end = input.range(of: "\r\n\r\n") {
                wanted = end + Self.length(input)
            }
            if let wanted, input.utf8.count >= wanted { return true }
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            input += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    private static func length(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            return Int(line.dropFirst(16)) ?? 0
        }
        return 0
    }

    private func send(_ client: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}

/// `sock_fprog` of <linux/filter.h>, which Swift's Glibc module leaves out.
private struct PacketFilter {
    let count: UInt16
    let instructions: UnsafeMutablePointer<UInt64>
}

extension String {
    /// How many bytes there are up to the end of a text in it.
    fileprivate func range(of text: String) -> Int? {
        let bytes = Array(utf8)
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count)
        where bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
            return start + wanted.count
        }
        return nil
    }
}

/// Runs a test with a server that plays a script; it is stopped in any case.
func withServer(
    _ answer: @escaping TinyServer.Script,
    _ body: (TinyServer) async throws -> Void
) async throws {
    let server = try TinyServer(answer)
    defer { server.stop() }
    try await body(server)
}

/// Runs a test with a client, and a server that plays a script.
func withBench(
    _ settings: UpstreamSettings = UpstreamSettings(),
    serving answer: @escaping TinyServer.Script,
    _ body: (EventLoop, TinyServer) async throws -> Void
) async throws {
    try await withServer(answer) { server in
        try await withBench(settings) { loop in try await body(loop, server) }
    }
}

/// An answer with a length.
func answer(_ body: String, status: String = "200 OK", fields: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
