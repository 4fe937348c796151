package import ChatFormats

extension EntryLog {
    /// Whether the failure came before anything of the answer.
    package var firstAnswerIsFailure: Bool {
        // Only long answers have entries dropped.
        guard first == 0 else { return false }
        for number in 1..<max(count, 1) {
            switch kind(number) {
            case .failure: return true
            case .usage: continue
            default: return false
            }
        }
        return false
    }
}
