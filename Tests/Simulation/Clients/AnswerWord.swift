/// What one frame of an answer says to its client.
enum AnswerWord: Equatable {
    /// The answer's id.
    case named(String)
    /// An event with an id, and the text that it adds.
    case entry(EntryPlace, String)
    /// Text where events have no ids.
    case text(String)
    /// The whole text so far.
    case restored(EntryPlace?, String)
    /// The end.
    case end(EntryPlace?, ToldEnding)
    /// An error in the place of an answer.
    case refused(Refusal)
    /// Nothing of the answer.
    case beside
    /// What a truthful relay never sends.
    case odd(String)
}

/// What the data of one frame means, apart from its id.
enum FrameMeaning: Equatable {
    /// The answer's id.
    case named(String)
    /// Text of the answer.
    case text(String)
    /// The whole text so far.
    case restored(String)
    /// How the answer ends; the mark of the end follows.
    case outcome(ToldEnding)
    /// The mark of the end.
    case mark
    /// The end, and no mark follows.
    case failure(ToldEnding)
    /// There is no answer.
    case refused(Refusal)
    /// What a truthful relay never sends.
    case odd(String)
}
