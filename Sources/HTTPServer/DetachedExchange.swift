import Loop
import Wire

/// An admitted request that is between two loops.
///
/// Sole owner of its connection's descriptor.
package struct DetachedExchange: Sendable {
    /// Who gets the answer.
    enum Client {
        case connection(DetachedConnection)
        /// Who plays a client is on one thread with both loops, which are stepped by hand.
        case standIn(OnOneThread<any ExchangeStandIn>)
    }

    let client: Client
    let request: Request
    let commonFields: HeaderFields
    let requestID: String?
    let user: String?
    let admitted: (any Sendable)?

    init(
        descriptor: Int32,
        of exchange: Exchange,
        on connection: Connection,
        input: [UInt8]
    ) {
        self.init(
            of: exchange,
            for: .connection(
                DetachedConnection(
                    descriptor: descriptor,
                    input: input,
                    place: connection.place,
                    age: connection.age
                )
            )
        )
    }

    init(of exchange: Exchange, with standIn: any ExchangeStandIn) {
        self.init(of: exchange, for: .standIn(OnOneThread(standIn)))
    }

    private init(of exchange: Exchange, for client: Client) {
        self.client = client
        request = exchange.request
        commonFields = exchange.commonFields
        requestID = exchange.requestID
        user = exchange.user
        admitted = exchange.admitted
    }
}

/// A connection that is between two loops.
struct DetachedConnection {
    let descriptor: Int32
    /// Input that has already come after the request.
    let input: [UInt8]
    let place: ConnectionPlace?
    let age: ConnectionAge
}
