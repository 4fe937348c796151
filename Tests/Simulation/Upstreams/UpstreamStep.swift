import Upstream

/// One thing that an upstream does in a call.
enum UpstreamStep: Equatable {
    /// Time passes.
    case wait(milliseconds: Int)
    /// A line of the head comes, with its line end; the empty one ends the head.
    case headerLine([UInt8])
    /// A piece of the content comes.
    case content([UInt8])
    /// Nothing comes any more; the last step.
    case hang
    /// The message ends in order; the last step.
    case end
    /// The transfer fails; the last step.
    case fail(TransferError)
}
