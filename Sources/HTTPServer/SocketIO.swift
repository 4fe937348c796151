import CLinux
import Glibc

/// What one attempt to move bytes came to.
enum Moved {
    /// So many bytes moved; reading, 0 means that the peer has finished.
    case bytes(Int)
    /// Nothing can move now.
    case wouldBlock
    /// The connection is broken, by this `errno`.
    case failed(Int32)
}

/// Non-blocking reads and writes on sockets, with `errno` read before anything can change it.
enum SocketIO {
    @inline(never)
    static func receive(
        _ descriptor: Int32,
        into buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Moved {
        move { recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)) }
    }

    @inline(never)
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Moved {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        return move { Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) }
    }

    /// Repeats a call until no signal interrupts it.
    ///
    /// Inlined, unlike `uninterrupted`: each token and each request makes such a call.
    @inline(__always)
    private static func move(_ call: () -> Int) -> Moved {
        while true {
            let count = call()
            let code = errno
            if count >= 0 { return .bytes(count) }
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { return .failed(code) }
        }
    }

    /// Makes `close` send a reset instead of an orderly end.
    static func resetOnClose(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_LINGER,
            &option,
            socklen_t(MemoryLayout<linger>.size)
        )
    }
}
