import Glibc
import Loop
import Testing

@testable import HTTPServer

@Suite struct ListeningSocketsTests {
    /// Whether somebody takes connections there.
    private func isReached(_ host: String, _ port: Int) -> Bool {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let address = list?.pointee
        else { return false }
        defer { freeaddrinfo(list) }
        let number = socket(address.ai_family, address.ai_socktype, 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        return connect(number, address.ai_addr, address.ai_addrlen) == 0
    }

    /// Whether this machine has IPv6 at all.
    private var hasSix: Bool { (try? ListeningSocket(host: "::1", port: 0).port) != nil }

    @Test(arguments: ["localhost", "LocalHost"])
    func `localhost is listened on under both of its addresses`(host: String) throws {
        let sockets = try ListeningSockets(host: host, port: 0)
        #expect(sockets.port > 0)
        #expect(sockets.numbers.count == (hasSix ? 2 : 1))
        #expect(isReached("127.0.0.1", sockets.port))
        #expect(isReached("::1", sockets.port) == hasSix)
    }

    @Test func `another address is listened on alone`() throws {
        let sockets = try ListeningSockets(host: "127.0.0.1", port: 0)
        #expect(sockets.numbers.count == 1)
        #expect(!isReached("::1", sockets.port))
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a port that another server has, on either address, is an error`(host: String) throws {
        guard host == "127.0.0.1" || hasSix else { return }
        let other = try ListeningSocket(host: host, port: 0)
        var code: Int32?
        do throws(SystemCallError) {
            _ = try ListeningSockets(host: "localhost", port: other.port)
        } catch {
            code = error.code
        }
        #expect(code == EADDRINUSE)
    }
}
