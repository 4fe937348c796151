import ChatFormats
import Generations
import Storage
import Wire

/// What happens to answers, as lines of the log.
extension Log {
    func write(_ report: GenerationReport) {
        switch report {
        case .asked(let id, let text): write(.info, "asked", id: id, text)
        case .ended(let answer):
            if answer.passedOver > 0 {
                let what = "the upstream's events that are no part of an answer"
                write(.info, "passed over \(what): \(answer.passedOver)", id: answer.id)
            }
            // Nobody waits for an answer that was abandoned.
            guard let failure = answer.failure, failure.ending != .abandoned else { return }
            write(.warning, "\(failure.ending.rawValue): \(failure.message)", id: answer.id)
        case .retry(let id, let number, let milliseconds, let why):
            write(.warning, "retry \(number) in \(milliseconds) ms: \(why)", id: id)
        case .filter(let id, let report): write(report, of: id)
        case .failedOver(let id, let next, let why):
            write(.warning, "\(next.upstream) is asked for \(next.model): \(why)", id: id)
        case .breaker(let upstream, .opened(let failures), let seconds):
            write(
                .warning,
                "the upstream \(upstream) has failed \(failures) times in a row: for \(seconds) s it"
                    + " is asked only where nobody else can be"
            )
        case .breaker(let upstream, .closed, _):
            write(.info, "the upstream \(upstream) answers again")
        case .breaker: return
        case .modelsUnknown(let upstream, let why):
            write(.warning, "the models of the upstream \(upstream) are not known: \(why)")
        case .notReadBack(let error):
            write(.error, "an answer's beginning cannot be read back: \(error)")
        case .recordWaits(let id, let error):
            let until = error.mayPass ? "until the disk returns the answer" : "for the next start"
            write(.error, "the record has to wait \(until): \(error)", id: id)
        case .journal(let report): write(report)
        case .recovered(let count):
            write(
                .warning,
                "\(count) answers were cut by the end of an earlier process: they are in"
                    + " the history and can be read for a while"
            )
        case .recoveryWaits(let error):
            let why =
                error.map { "the history cannot be read: \($0)" }
                ?? "the disk does not take all of it"
            write(
                .error,
                "what an earlier process left has to wait, and is tried again, since \(why)"
            )
        case .recoveryResumed:
            write(.info, "what an earlier process left is in the history now")
        }
    }
}

extension Log {
    private func write(_ report: EntryFilter.Report, of id: String) {
        switch report {
        case .blocked(let name): write(.info, "\(name) has ended the answer", id: id)
        case .undecided(let name):
            write(
                .warning,
                "\(name) has ended the answer: it exceeds its limits on this text, so that nobody"
                    + " knows whether it matches",
                id: id
            )
        case .leftOut:
            write(
                .info,
                "logprobs, signatures or the like are left out, since they are of the text before"
                    + " the filters",
                id: id
            )
        case .content(let kind, let text): write(.info, "answered: \(kind)", id: id, text)
        }
    }
}
