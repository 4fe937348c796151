import CCurl
import Loop

/// A socket of libcurl's in the loop's epoll set.
///
/// The registration holds it, so that an event reaches it without a look-up.
final class WatchedSocket: ReadinessHandler {
    let socket: curl_socket_t
    var registration: Registration?
    private unowned let multi: MultiHandle

    init(_ socket: curl_socket_t, of multi: MultiHandle) {
        self.socket = socket
        self.multi = multi
    }

    func descriptorReady(_ readiness: Readiness) {
        var mask: Int32 = 0
        if readiness.contains(.readable) || readiness.contains(.hungUp) { mask |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if readiness.contains(.failed) { mask |= CURL_CSELECT_ERR }
        multi.act(on: socket, mask)
    }

    static func interest(_ what: Int32) -> Readiness {
        var interest: Readiness = []
        if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        return interest
    }
}
