import Generations
import Loop
import Relay

/// The address that was asked for cannot be listened on.
struct CannotListen: Error, CustomStringConvertible {
    let address: ListenAddress
    let error: SystemCallError

    var description: String {
        let host = Redaction.clean(address: address.host)
        return "cannot listen on \(host):\(address.port): \(error)"
            + " (\(ListeningSettings.address.name) names the address; is another server running"
            + " there?)"
    }
}
