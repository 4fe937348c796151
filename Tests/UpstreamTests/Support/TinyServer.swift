import Dispatch
import Glibc
import Loop

@testable import HTTPServer

/// A server that plays a script to each connection, on a thread of its own.
final class TinyServer: Sendable {
    let port: Int
    private let listener: ListeningSocket
    private let counts = Guarded((accepted: 0, requests: 0))

    var accepted: Int { counts.withLock { $0.accepted } }
    var requests: Int { counts.withLock { $0.requests } }
    var url: String { "http://127.0.0.1:\(port)/" }

    /// Sends what `answer` gives for request number n of all, from 1; nil closes instead.
    ///
    /// The connection closes behind an answer that says so.
    init(_ answer: @escaping @Sendable (Int) -> String?) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        port = listener.port
        let number = listener.number
        let flags = fcntl(number, F_GETFL)
        _ = fcntl(number, F_SETFL, flags & ~O_NONBLOCK)
        Thread.start { [weak self] in
            while true {
                let client = accept(number, nil, nil)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                self.counts.withLock { $0.accepted += 1 }
                Thread.start { self.serve(client, answer) }
            }
        }
    }

    /// Accepts nobody any more.
    func stop() {
        shutdown(listener.number, Int32(SHUT_RDWR))
    }

    private func serve(_ client: Int32, _ answer: (Int) -> String?) {
        defer { close(client) }
        var input = ""
        while readRequest(client, &input) {
            let number = counts.withLock { counts in
                counts.requests += 1
                return counts.requests
            }
            guard let text = answer(number) else { return }
            // A vertical line stands for a pause.
            for part in text.split(separator: "|", omittingEmptySubsequences: false) {
                guard send(client, Array(part.utf8)) else { return }
                usleep(20_000)
            }
            if text.contains("Connection: close") { return }
        }
    }

    private func readRequest(_ client: Int32, _ input: inout String) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let end = input.range(of: "\r\n\r\n"), input.utf8.count >= end + Self.length(input) {
                input = ""
                return true
            }
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

extension String {
    /// How many bytes stand before the end of a text in it.
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

/// Threads for what blocks.
enum Thread {
    static func start(_ work: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "tiny-server")
        queue.async(execute: work)
    }
}

/// An answer with a length.
func answer(_ body: String, status: String = "200 OK", fields: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
