/// Whether a call that changes something takes place.
enum CallFate {
    /// It does.
    case happens
    /// The process ends before.
    case endsBefore
    /// The process ends in it: any part of a write is done, and of another call all or nothing.
    case endsWithin
}
