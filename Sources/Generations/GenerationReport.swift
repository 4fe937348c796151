package import Storage

/// What happens to answers and is worth a line in the log, or is counted.
package enum GenerationReport: Sendable {
    /// An answer begins; the text of the last message. Only where content is to be logged.
    case asked(id: String, ShownText)
    /// An answer has ended.
    case ended(EndedAnswer)
    /// An attempt failed; the next one is made later.
    case retry(id: String, number: Int, milliseconds: Int, why: String)
    /// The filters of an answer have something to say.
    case filter(id: String, EntryFilter.Report)
    /// An upstream did not answer, and another is asked in its place.
    case failedOver(id: String, to: GenerationRecord.Source, why: String)
    /// An upstream is left out from now on, for so many seconds at first, or answers again.
    case breaker(upstream: String, Breaker.Change, seconds: Int)
    /// An upstream has not said which models it has.
    case modelsUnknown(upstream: String, why: String)
    /// The part of an answer that is not in memory could not be read.
    case notReadBack(StorageError)
    /// A record could not be made, and waits for the next start.
    case recordWaits(id: String, StorageError)
    /// What a journal has to say.
    case journal(JournalReport)
    /// This many answers were cut by the end of an earlier process, and are recovered.
    case recovered(Int)
    /// What an earlier process left has to wait; nil where the disk does not take all of it,
    /// otherwise why the history cannot be read.
    case recoveryWaits(StorageError?)
    /// The history has it now.
    case recoveryResumed
}

/// An ended answer, as far as it concerns others than its readers.
package struct EndedAnswer: Sendable {
    package let id: String
    /// What it cost.
    package let bill: AnswerBill
    /// Whether any upstream was sent the request.
    package let wasAsked: Bool
    /// How many of the upstream's events were passed over, because they are no part of an answer.
    package let passedOver: Int
    /// Why it is not whole.
    package let failure: UpstreamFailure?
}
