import Loop

/// What clients were told, against which all that comes later is checked.
///
/// It knows nothing of how the relay keeps its promises.
final class Promises {
    /// The first promise that was broken; the world ends with it.
    private(set) var violation: String?
    /// What was shown, by the ids of answers.
    private(set) var answers: [String: ShownAnswer] = [:]
    /// The ids in the order in which they were first seen.
    private(set) var ids: [String] = []
    /// The questions whose conversations somebody wanted deleted.
    private var deleted: Set<Int> = []
    /// The answers whose records wait for the next start.
    private(set) var waiting: Set<String> = []
    /// Whether a record was refused since the relay could write last: it may be of an answer that
    /// is shown only now.
    private var isRefusing = false
    /// What is named first before that may be lost already.
    private var forgivenUntil: Nanoseconds = 0
    private let clock: ManualClock

    /// Begins with nothing promised.
    init(_ clock: ManualClock) { self.clock = clock }

    /// A promise is broken.
    func fail(_ text: String) {
        if violation == nil { violation = text }
    }

    // MARK: What clients see

    /// Somebody learned the name of an answer; the first is its owner.
    func met(_ id: String, by owner: String?, question: Int?, isSafe: Bool) {
        if let known = answers[id] {
            guard known.owner == owner else {
                return fail("\(id) of \(known.owner ?? "-") is shown to \(owner ?? "-")")
            }
        } else {
            answers[id] = ShownAnswer(of: owner, at: clock.now)
            ids.append(id)
            if waiting.contains(id) || clock.now < forgivenUntil {
                change(id) { $0.recordRefused() }
            }
            if !isSafe { change(id) { $0.show(0, "", at: clock.now, isSafe: false) } }
        }
        noteRefusal(id, isSafe)
        guard let question else { return }
        if let known = answers[id]?.question, known != question {
            return fail("\(id) is the answer to question \(known) and to question \(question)")
        }
        let isDeleted = deleted.contains(question)
        change(id) { answer in
            answer.question = question
            if isDeleted { answer.isDeleted = true }
        }
    }

    /// A client was shown an entry.
    ///
    /// - Parameters:
    ///   - id: the answer's.
    ///   - entry: its number.
    ///   - text: what it adds to the text.
    ///   - last: the entry before it in the same reading; nil at the beginning of one that begins
    ///     anywhere.
    ///   - isSafe: whether the relay says that it can write.
    func saw(_ id: String, _ entry: Int, _ text: String, after last: Int?, isSafe: Bool) {
        guard let answer = answers[id] else { return fail("\(id) was never named") }
        if let last {
            guard entry > last else { return fail("\(id) shows entry \(entry) after \(last)") }
            for skipped in last + 1..<entry where answer.mustHave(skipped) {
                if let lost = answer.text(skipped), !lost.isEmpty {
                    return fail("\(id) leaves out entry \(skipped) '\(lost)' before \(entry)")
                }
            }
        }
        if let known = answer.text(entry), known != text {
            guard !answer.mustHave(entry) else {
                return fail("\(id) has '\(text)' for entry \(entry), which was '\(known)'")
            }
            change(id) { $0.replace(from: entry) }
        }
        if let end = answer.end, let last = end.entry, entry > last, answer.mustHave(last) {
            return fail("\(id) shows entry \(entry) after its end \(last)")
        }
        change(id) { $0.show(entry, text, at: clock.now, isSafe: isSafe) }
        noteRefusal(id, isSafe)
    }

    /// A client was shown text without a number, while the relay said that it cannot write: the text
    /// follows what was shown before.
    func sawUnnumbered(_ id: String) {
        change(id) { $0.becameUnsafe(from: $0.count) }
        noteRefusal(id, false)
    }

    /// What is shown while the relay cannot write may be of an answer whose record was refused.
    private func noteRefusal(_ id: String, _ isSafe: Bool) {
        if isRefusing, !isSafe { change(id) { $0.recordRefused() } }
    }

    /// A client was told how an answer ended.
    ///
    /// - Parameters:
    ///   - id: the answer's.
    ///   - ending: how.
    ///   - entry: the number of the last entry, where that is shown.
    ///   - last: the entry that the client had before; nil where it cannot know.
    ///   - whole: all of the text, for a client that has all of it.
    ///   - isSafe: whether the relay says that it can write.
    func ended(
        _ id: String,
        _ ending: ToldEnding,
        with entry: Int?,
        after last: Int?,
        whole: String?,
        isSafe: Bool
    ) {
        guard let answer = answers[id] else { return fail("\(id) was never named") }
        if let last { checkNothingLacks(answer, id, after: last, ending) }
        if let end = answer.end, !end.ending.agrees(with: ending) {
            guard !answer.mustHave(end.entry ?? answer.count) else {
                return fail("\(id) ended with '\(end.ending)', and now with '\(ending)'")
            }
            change(id) { $0.replace(from: min($0.count, end.entry ?? $0.count)) }
        }
        if let known = answer.whole, let whole, known != whole, answer.isSure {
            return fail("\(id) was '\(known)', and is '\(whole)' now")
        }
        if let whole, !whole.hasPrefix(answer.surePrefix) {
            return fail("\(id) is '\(whole)', but '\(answer.surePrefix)' was shown")
        }
        change(id) { answer in
            if let entry { answer.show(entry, "", at: clock.now, isSafe: isSafe) }
            if !isSafe { answer.becameUnsafe(from: entry ?? answer.count) }
            if answer.end == nil {
                answer.end = (entry, ending)
                answer.endedAt = clock.now
            }
            if answer.whole == nil { answer.whole = whole }
        }
        noteRefusal(id, isSafe)
    }

    private func checkNothingLacks(
        _ answer: ShownAnswer,
        _ id: String,
        after last: Int,
        _ ending: ToldEnding
    ) {
        guard last + 1 < answer.count else { return }
        for entry in last + 1..<answer.count where answer.mustHave(entry) {
            if let lost = answer.text(entry), !lost.isEmpty {
                return fail("\(id) ends as '\(ending)' without entry \(entry), '\(lost)'")
            }
        }
    }

    /// A client was given the whole text in one piece, to replace what it has.
    func restored(_ id: String, _ text: String) {
        guard let answer = answers[id] else { return fail("\(id) was never named") }
        guard text.hasPrefix(answer.surePrefix) else {
            return fail("\(id) comes back as '\(text)', but '\(answer.surePrefix)' was shown")
        }
    }

    /// A client that came back was told that there is no such answer.
    func denied(_ id: String) {
        guard let answer = answers[id], !answer.isDeleted, !answer.mayBeGone else { return }
        fail("\(id) was shown, and nobody knows it now")
    }

    /// Somebody asked to stop an answer, and was told a status.
    func stopped(_ id: String, by owner: String?, _ status: Int) {
        guard let known = answers[id]?.owner, known != owner, status != 404 else { return }
        fail("\(owner ?? "-") may stop \(id) of \(known): \(status)")
    }

    /// Somebody read what is known of several answers.
    func read(_ body: [UInt8], by owner: String?) {
        guard let owner else { return }
        let text = String(decoding: body, as: UTF8.self)
        guard let id = ids.first(where: { answers[$0]?.owner != owner && text.contains($0) }) else {
            return
        }
        fail("\(id) of \(answers[id]?.owner ?? "-") is in a list that \(owner) is shown")
    }

    /// Somebody asks for the deletion of the conversation that a question belongs to.
    func mayBeDeleted(question: Int) {
        deleted.insert(question)
        for id in ids where answers[id]?.question == question {
            change(id) { $0.isDeleted = true }
        }
    }

    /// The deletion was confirmed, which was asked for when the answer was there.
    func deleted(_ id: String) { change(id) { $0.goneAt = clock.now } }

    // MARK: What happens to the relay

    /// The relay says that it can write, and did so throughout the turn.
    func becameSafe() {
        isRefusing = false
        for id in ids where answers[id]?.unsafeFrom != .max { change(id) { $0.becameSafe() } }
    }

    /// The process ended.
    func processEnded() {
        for id in ids { change(id) { $0.processEnded() } }
    }

    /// The disk lost what was written since an instant: unless it is written again before the process
    /// ends, it may be gone.
    func becameUnsafe(since instant: Nanoseconds) {
        for id in ids { change(id) { $0.becameUnsafe(since: instant) } }
    }

    /// The power went: what was shown since an instant may be lost.
    func powerLost(since instant: Nanoseconds, endsAreSafe: Bool) {
        for id in ids { change(id) { $0.powerLost(since: instant, endsAreSafe: endsAreSafe) } }
    }

    /// What was not shown so far may be lost, though it can be read for a while.
    func forgiveNew(until instant: Nanoseconds) { forgivenUntil = instant }

    /// A record was refused, since too much waits for the disk: it may be gone with its answer, or
    /// wait for the next start.
    func recordRefused() {
        isRefusing = true
        for id in ids {
            guard let answer = answers[id] else { continue }
            // It is of an answer that ends now, or ended since the disk refuses.
            let endsNow = answer.end == nil || answer.endedAt == clock.now
            if endsNow || answer.unsafeFrom != .max { change(id) { $0.recordRefused() } }
        }
    }

    /// An answer has no record before the next start; nobody may have been shown it yet.
    func recordWaits(_ id: String) {
        waiting.insert(id)
        change(id) { $0.recordRefused() }
    }

    /// The disk lost what was written since an instant, while it runs.
    ///
    /// An answer that runs may be without its middle then, and so without a record until the next
    /// start.
    func contentLost(since instant: Nanoseconds) {
        for id in ids { change(id) { $0.contentLost(since: instant) } }
    }

    private func change(_ id: String, _ body: (inout ShownAnswer) -> Void) {
        guard var answer = answers[id] else { return }
        // Taken out, so that its arrays are not copied.
        answers[id] = nil
        body(&answer)
        answers[id] = answer
    }
}
