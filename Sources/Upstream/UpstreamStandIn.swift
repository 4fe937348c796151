/// Plays the upstreams of a client that has no libcurl and no sockets.
///
/// For programs that run the relay on loops that are stepped by hand. It is called on the loop, and
/// outside any call of `played…`, as libcurl is: what is asked for within one of them comes after
/// it.
package protocol UpstreamStandIn: AnyObject {
    /// A transfer begins. It must be played from later calls on, not within this one, since whoever
    /// starts it does not have it yet.
    func started(_ transfer: Transfer, _ request: UpstreamRequest)
    /// The transfer's content is wanted again, or not wanted for now, as `isPaused` says.
    func flowChanged(_ transfer: Transfer)
    /// The transfer was given up before its end, and nothing more is taken for it.
    func cancelled(_ transfer: Transfer)
}

extension Transfer {
    /// Whether content is not taken at the moment; `flowChanged` follows once that is over.
    package var isPaused: Bool { flow != .running }

    /// Plays one line of the answer's head, or the empty one that ends it.
    ///
    /// - Parameter line: with the line break that ends it, as libcurl has it.
    /// - Returns: whether the answer goes on; where it does not, it is to be ended.
    package func playedHeaderLine(_ line: Span<UInt8>) -> Bool {
        guard !isOver else { return false }
        return client.call { receivedHeaderLine(line) }
    }

    /// Plays a piece of the answer's content.
    ///
    /// - Returns: whether it was taken. Where it was not, the transfer is over, or paused, or the
    ///   turn has had enough: the same piece is then to be offered again after `flowChanged`.
    package func playedContent(_ bytes: Span<UInt8>) -> Bool {
        guard !isOver, flow == .running else { return false }
        return switch client.call({ received(bytes) }) {
        case .taken: true
        // It was handed over all the same, if the delegate gave up only then.
        case .later, .over: false
        }
    }

    /// Plays the end of the answer, or of the connection.
    ///
    /// - Parameter error: why there is no whole answer; nil where libcurl would see the end of it.
    package func playedEnd(_ error: TransferError?) {
        guard !isOver else { return }
        client.endPlayed(self, error)
    }
}
