/// What became of an answer's record.
package enum RecordOutcome: Equatable, Sendable {
    /// The history took it, in this place among all records of this process.
    case taken(place: Int)
    /// More waits for the history's disk than may: the journal keeps the answer, and it is tried
    /// again.
    case refused
    /// The journal's disk does not give the answer back: what is left of it is there, for the next
    /// start.
    case unreadable
}
