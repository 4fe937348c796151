import ChatFormats

/// How an answer ended, as far as its client was told; the dialects tell more or less.
enum ToldEnding: Equatable {
    /// In order, and so.
    case finished(Ending)
    /// In order: `text` without ids has one mark for all endings of this kind.
    case finishedSomehow
    /// With a failure; `text` and `openai` do not name the ending, and `content` names no code.
    case failed(Ending?, code: String?)
    /// Without a word: `plain` tells every ending but `complete` so, and so does a lost connection.
    case cut

    /// Whether this may be said of an answer that ended so.
    func fits(_ ending: Ending) -> Bool {
        switch self {
        case .finished(let told): told == ending
        case .finishedSomehow: ending.isFinish
        case .failed(let told, _): told.map { $0 == ending } ?? !ending.isFinish
        case .cut: true
        }
    }

    /// Whether this may be said of an answer that has this record.
    func fits(_ record: RecordLine) -> Bool {
        guard let ending = record.ending, fits(ending) else { return false }
        guard case .failed(_, let code?) = self else { return true }
        return code == record.code
    }
}
