import Loop

/// One answer, as clients were shown it.
struct ShownAnswer {
    /// The number of the question, where that is known.
    var question: Int?
    /// Who asked; nil where nobody is asked who they are.
    let owner: String?
    /// When it was named first.
    let metAt: Nanoseconds
    /// What each entry was, in the words of its frame; nil for one that nobody was shown.
    private(set) var texts: [String?] = []
    /// When each entry was shown first.
    private var times: [Nanoseconds] = []
    /// How it ended, and with which entry, where somebody was told.
    var end: (entry: Int?, ending: ToldEnding)?
    /// When that was told first.
    var endedAt: Nanoseconds = .max
    /// The whole of its text, where somebody was told the end and had all of it.
    var whole: String?
    /// From this entry on it may have been lost: the disk refused, or the power went too early.
    private(set) var mayLackFrom = Int.max
    /// From this entry on it was shown while the relay said that it cannot write.
    private(set) var unsafeFrom = Int.max
    /// Whether somebody asked for its conversation's deletion, so that it may be gone.
    var isDeleted = false
    /// Since when it is gone for certain.
    var goneAt: Nanoseconds?

    /// Whether not even its beginning has to be there.
    var mayBeGone: Bool { mayLackFrom == 0 }

    /// An answer of which nothing is known but its name.
    init(of owner: String?, at now: Nanoseconds) {
        self.owner = owner
        metAt = now
    }

    /// Whether nothing of it may be lost.
    var isSure: Bool { mayLackFrom == .max }

    /// Whether some of its text has to be there whatever happened.
    var hasSureText: Bool {
        texts.indices.contains { mustHave($0) && texts[$0]?.isEmpty == false }
    }

    /// Whether an entry has to be there whatever happened.
    func mustHave(_ entry: Int) -> Bool { entry < mayLackFrom }

    /// What was shown of an entry; nil where that is nothing.
    func text(_ entry: Int) -> String? { texts.indices.contains(entry) ? texts[entry] : nil }

    /// Whether text was shown of an entry after this one.
    func hasText(after entry: Int) -> Bool {
        texts.dropFirst(entry + 1).contains { $0?.isEmpty == false }
    }

    /// How many entries may have been shown.
    var count: Int { texts.count }

    /// The text of all entries that have to be there, as far as all before them were shown.
    var surePrefix: String {
        var prefix = ""
        for entry in texts.indices where mustHave(entry) {
            guard let text = texts[entry] else { break }
            prefix += text
        }
        return prefix
    }

    /// Notes what an entry is.
    mutating func show(_ entry: Int, _ text: String, at now: Nanoseconds, isSafe: Bool) {
        while texts.count <= entry {
            texts.append(nil)
            times.append(.max)
        }
        if texts[entry] == nil {
            texts[entry] = text
            times[entry] = now
        }
        if !isSafe { becameUnsafe(from: entry) }
    }

    /// The relay could not write when it was shown from an entry on.
    mutating func becameUnsafe(from entry: Int) { unsafeFrom = min(unsafeFrom, entry) }

    /// What was shown since an instant has to be written again.
    mutating func becameUnsafe(since instant: Nanoseconds) {
        if let entry = firstEntry(since: instant) { becameUnsafe(from: entry) }
    }

    /// The first entry that was shown after an instant, its beginning and its end included; nil where
    /// all was shown before.
    private func firstEntry(since instant: Nanoseconds) -> Int? {
        if metAt >= instant { return 0 }
        // Entries that nobody was shown are written with those after them.
        if let first = times.firstIndex(where: { $0 != .max && $0 >= instant }) { return first }
        return endedAt != .max && endedAt >= instant ? end?.entry ?? texts.count : nil
    }

    /// Another text has the place of entries that may be lost.
    mutating func replace(from entry: Int) {
        texts.removeSubrange(entry...)
        times.removeSubrange(entry...)
        if let end, end.entry ?? .max >= entry { self.end = nil }
        whole = nil
    }

    /// The relay can write again, and has written all that it could not.
    mutating func becameSafe() { unsafeFrom = .max }

    /// The process ended: what was shown while it could not write may be lost.
    mutating func processEnded() {
        loses(from: unsafeFrom)
        unsafeFrom = .max
    }

    /// The power went: what was shown after an instant may be lost.
    ///
    /// Where ends wait until they are safe, nothing of an answer is lost whose end was shown.
    mutating func powerLost(since instant: Nanoseconds, endsAreSafe: Bool) {
        if endsAreSafe, let end, mustHave(end.entry ?? count) { return }
        if let entry = firstEntry(since: instant) { loses(from: entry) }
    }

    /// Its record may have been refused.
    mutating func recordRefused() { loses(from: 0) }

    /// The disk lost what was written since an instant, while it runs.
    mutating func contentLost(since instant: Nanoseconds) {
        if endedAt >= instant { loses(from: 0) }
    }

    private mutating func loses(from entry: Int) {
        guard entry < .max else { return }
        mayLackFrom = min(mayLackFrom, entry)
    }
}
