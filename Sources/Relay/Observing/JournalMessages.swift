import Storage

/// A journal's reports, as lines of the log.
extension Log {
    func write(_ report: JournalReport) {
        switch report {
        case .writeFailed(let error):
            write(
                .error,
                "the journal cannot be written: \(error); answers go on, but the end of the process"
                    + " would cut them now"
            )
        case .writesResumed: write(.info, "the journal is written again, with all that was missing")
        case .notSafe(let error):
            write(.error, "the journal would not survive a loss of power: \(error); answers go on")
        case .safeAgain: write(.info, "the journal would survive a loss of power again")
        case .lost(let path):
            write(
                .error,
                "\(path) was moved away: the journal is begun anew with the running answers"
            )
        case .unreadable(let error, let path):
            write(
                .error,
                "what an earlier process left cannot be read: \(error); it is set aside in \(path)"
            )
        case .torn(let path, let offset, let bytes, let fault, let aside):
            let kept = aside.map { ", and it is kept as \($0)" } ?? ""
            write(
                .warning,
                "\(path) has \(bytes) bytes that are no frame, the first at \(offset)"
                    + " (\(fault.rawValue)): whole frames are read\(kept)"
            )
        case .noSegment(let path):
            write(.warning, "\(path) is not a segment of a journal and is left out")
        }
    }
}
