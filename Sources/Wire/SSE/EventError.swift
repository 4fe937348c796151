/// Why a stream of events cannot be read any further.
///
/// Only limits are a reason: no input is wrong by the format (HTML §9.2.6).
package enum EventError: Error, Equatable {
    /// A line is longer than `EventDecoder.Limits.maxLineBytes`, which was `limit`.
    case lineTooLong(limit: Int)
    /// An event's data is longer than `EventDecoder.Limits.maxEventBytes`, which was `limit`.
    case eventTooLong(limit: Int)
}

extension EventError: CustomStringConvertible {
    /// The error as a phrase for logs and answers.
    package var description: String {
        switch self {
        case .lineTooLong(let limit): "a line of the event stream is over \(limit) bytes long"
        case .eventTooLong(let limit): "an event is over \(limit) bytes long"
        }
    }
}
