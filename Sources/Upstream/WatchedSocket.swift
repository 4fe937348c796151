import CCurl
import Glibc
import Loop

/// A socket of libcurl's in the loop's epoll set.
///
/// The registration holds it, so that an event reaches it without a look-up.
final class WatchedSocket: ReadinessHandler {
    let socket: curl_socket_t
    var registration: Registration?
    private unowned let multi: MultiHandle
    /// Whether the kernel gives the connection up where what was sent is not acknowledged.
    private var isLimited = false

    init(_ socket: curl_socket_t, of multi: MultiHandle) {
        self.socket = socket
        self.multi = multi
    }

    func descriptorReady(_ readiness: Readiness) {
        // The peer lives. In mid-answer a network that is gone for a while is waited for.
        if isLimited, readiness.contains(.readable) { unlimit() }
        var mask: Int32 = 0
        if readiness.contains(.readable) || readiness.contains(.hungUp) { mask |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if readiness.contains(.failed) { mask |= CURL_CSELECT_ERR }
        multi.act(on: socket, mask)
    }

    /// Lets the connection fail if what is sent on it is not acknowledged in time.
    ///
    /// - Returns: whether it is a connection that can.
    func limitUnacknowledged(_ milliseconds: Int) -> Bool {
        isLimited = setUserTimeout(milliseconds)
        return isLimited
    }

    /// Lets the connection wait for its peer as long as the kernel does by itself.
    ///
    /// Before libcurl closes it or keeps it: the next transfer may not be the first to use it.
    func unlimit() {
        guard isLimited else { return }
        isLimited = false
        _ = setUserTimeout(0)
    }

    private func setUserTimeout(_ milliseconds: Int) -> Bool {
        var value = UInt32(clamping: milliseconds)
        let size = socklen_t(MemoryLayout<UInt32>.size)
        return setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, size) == 0
    }

    static func interest(_ what: Int32) -> Readiness {
        var interest: Readiness = []
        if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        return interest
    }
}
