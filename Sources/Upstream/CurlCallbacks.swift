import CCurl
import Wire

// Everything that libcurl calls. It calls back synchronously on the loop that called it, so these
// functions may touch the loop's plain classes like any other code on the loop.

/// `CURLOPT_WRITEFUNCTION`; a count smaller than given ends the transfer, and libcurl keeps bytes
/// that are left for later.
func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int {
    deliver(bytes, size * count, owner) { transfer, bytes in
        switch transfer.received(bytes) {
        case .taken: bytes.count
        case .later: Int(CURL_WRITEFUNC_PAUSE)
        case .over: 0
        }
    }
}

/// `CURLOPT_HEADERFUNCTION`: one whole line per call.
func receiveHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int {
    deliver(bytes, size * count, owner) { $0.receivedHeaderLine($1) ? $1.count : 0 }
}

private func deliver(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ count: Int,
    _ owner: UnsafeMutableRawPointer?,
    _ receive: (Transfer, Span<UInt8>) -> Int
) -> Int {
    guard let bytes, let owner, count > 0 else { return count }
    let transfer = Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue()
    return bytes.withMemoryRebound(to: UInt8.self, capacity: count) { start in
        receive(transfer, UnsafeBufferPointer(start: start, count: count).span)
    }
}

/// `CURLMOPT_SOCKETFUNCTION`: what libcurl waits for on a socket.
func watchSocket(
    _ easy: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ what: Int32,
    _ owner: UnsafeMutableRawPointer?,
    _ watched: UnsafeMutableRawPointer?
) -> Int32 {
    guard let owner else { return 0 }
    let multi = Unmanaged<MultiHandle>.fromOpaque(owner).takeUnretainedValue()
    multi.watch(socket, of: easy, what, watched)
    return 0
}

/// `CURLMOPT_TIMERFUNCTION`: when libcurl wants to be called, −1 for not at all.
func setTransferTimer(
    _ multi: UnsafeMutableRawPointer?,
    _ milliseconds: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let owner else { return 0 }
    Unmanaged<MultiHandle>.fromOpaque(owner).takeUnretainedValue().setTimer(milliseconds)
    return 0
}
