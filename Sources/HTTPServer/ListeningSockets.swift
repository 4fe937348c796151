package import Loop

/// The sockets of one port that clients connect to: two for `localhost`, else one.
///
/// `localhost` means both loopback addresses (RFC 6761 §6.3), and clients differ in which they try
/// first and whether they try the other one.
package struct ListeningSockets: ~Copyable, Sendable {
    private static let loopback = (four: "127.0.0.1", six: "::1")
    /// How often a free port is looked for that both addresses have.
    private static let maxAttempts = 16

    private let first: ListeningSocket
    private let second: ListeningSocket?

    /// The port that is listened on, the real one where 0 was asked for.
    package var port: Int { first.port }

    /// The descriptors' numbers, for the loops that accept from them.
    package var numbers: [Int32] {
        switch second {
        case .some(let second): [first.number, second.number]
        case .none: [first.number]
        }
    }

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - host: a numeric address or a name of this machine.
    ///   - port: 0 lets the kernel choose.
    /// - Throws: the call that failed; `bind: Address already in use` where somebody else listens,
    ///   on one address of `localhost` or on both.
    package init(host: String, port: Int) throws(SystemCallError) {
        guard host.lowercased() == "localhost" else {
            first = try ListeningSocket(host: host, port: port)
            second = nil
            return
        }
        for attempt in 1... {
            guard let four = try Self.present(Self.loopback.four, port) else {
                first = try ListeningSocket(host: Self.loopback.six, port: port)
                second = nil
                return
            }
            do throws(SystemCallError) {
                second = try Self.present(Self.loopback.six, four.port)
                first = four
                return
            } catch {
                // The kernel chose the port for one address alone.
                guard port == 0, attempt < Self.maxAttempts else { throw error }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// Listens on an address; nil where this machine has none of its family.
    private static func present(
        _ host: String,
        _ port: Int
    ) throws(SystemCallError) -> ListeningSocket? {
        do throws(SystemCallError) {
            return try ListeningSocket(host: host, port: port)
        } catch {
            guard ListeningSocket.isAbsent(error) else { throw error }
            return nil
        }
    }
}
