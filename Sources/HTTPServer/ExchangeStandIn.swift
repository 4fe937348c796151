package import Loop
package import Wire

/// Takes what is written to an exchange that has no connection.
///
/// For programs that play the client themselves, without a socket: what produces answers is then
/// driven and looked at step by step.
package protocol ExchangeStandIn: AnyObject {
    /// Bytes that were written and not taken yet.
    var unsentBytes: Int { get }
    /// Whether too little was taken of what was written.
    var isCongested: Bool { get }
    /// The answer begins.
    func began(_ status: Status, _ fields: HeaderFields)
    /// Content follows.
    func wrote(_ bytes: [UInt8])
    /// Nothing follows; `isWhole` where the answer ended in order.
    func ended(isWhole: Bool)
    /// The request has moved to another loop, which answers it from now on by this exchange.
    ///
    /// A client that has left since it asked says so at once, since nobody has heard of it.
    func moved(to exchange: Exchange)
}

extension ExchangeStandIn {
    /// Does nothing: for requests that stay where they are.
    package func moved(to exchange: Exchange) {}
}

extension Exchange {
    /// Makes an exchange without a connection, for a request that is whole.
    ///
    /// - Parameters:
    ///   - head: what is asked.
    ///   - body: the rest of it.
    ///   - standIn: plays the client; it outlives the exchange.
    ///   - now: when the request was whole, on the monotonic clock.
    package convenience init(
        _ head: RequestHead,
        body: [UInt8] = [],
        with standIn: any ExchangeStandIn,
        at now: Nanoseconds
    ) {
        self.init(
            request: Request(
                head: head,
                body: body,
                peer: .unknown,
                client: ClientSource(head.fields, from: .unknown, ProxyTrust())
            ),
            standIn: standIn,
            startedAt: now
        )
    }

    /// The one who plays the client takes more again.
    package func standInDrained() {
        guard !isFinished else { return played?.scheduleTurnEnd() ?? () }
        guard wantsWritable else { return }
        wantsWritable = false
        delegate?.exchangeIsWritable(self)
    }

    /// The one who plays the client is gone.
    package func standInLeft() {
        if let played { played.close() } else { lose() }
    }
}
