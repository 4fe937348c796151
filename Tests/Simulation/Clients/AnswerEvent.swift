/// What a client understands of an answer, one thing after the other.
enum AnswerEvent: Equatable {
    /// The answer's id, when the client learns it.
    case named(String)
    /// An event with an id; the text is empty where the event adds none, as `start` does.
    case entry(EntryPlace, String)
    /// Text where events have no ids.
    case text(String)
    /// The whole text so far, in the place of what the client has.
    case restored(String)
    /// The answer has ended so.
    case end(ToldEnding)
    /// There is no answer, or it is not served.
    case refused(Refusal)
    /// The client has had all of it: 204.
    case nothingMore
    /// The question was taken, and its answer is to be read elsewhere: 202.
    case announced
    /// A comment, a place in a queue, or what else comes beside the text and has no id.
    case beside
    /// What a truthful relay never sends.
    case odd(String)
}

/// An error in the place of an answer.
struct Refusal: Equatable {
    /// The status; nil for an event, as an `EventSource` gets it, which could not see a status.
    let status: Int?
    /// The error's type.
    let type: String?
    /// The error's code.
    let code: String?
}
