/// What became of an answer's record.
package enum RecordOutcome: Equatable, Sendable {
    /// The history took it, at this place among all records of this process.
    case taken(place: Int)
    /// Too much waits for the history's disk: the journal keeps the answer, and the record is tried
    /// again.
    case refused
    /// The journal's disk did not return the answer this time: the record is tried again.
    case unread
    /// The journal does not have the whole answer: what is left of it is kept for the next start.
    case unreadable
}
