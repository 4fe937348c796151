import Wire

/// An admitted request whose connection is between two loops.
///
/// Sole owner of the descriptor.
package struct DetachedExchange: Sendable {
    let descriptor: Int32
    let request: Request
    /// Input that has already come after the request.
    let input: [UInt8]
    let commonFields: HeaderFields
    let admitted: (any Sendable)?
    let place: ConnectionPlace?
    let age: ConnectionAge

    init(
        descriptor: Int32,
        of exchange: Exchange,
        on connection: Connection,
        input: [UInt8]
    ) {
        self.descriptor = descriptor
        place = connection.place
        age = connection.age
        request = exchange.request
        self.input = input
        commonFields = exchange.commonFields
        admitted = exchange.admitted
    }
}
