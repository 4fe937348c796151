/// A part of an answer: a run of entries that are one text, one piece of reasoning, one refusal or
/// one call of a tool.
///
/// Usage and members are in no block and end none.
package struct EntryBlock: Sendable, Equatable {
    /// How many blocks of the log begin before it, void ones too.
    package let index: Int
    /// The number of its first entry.
    package let start: Int
    /// What its entries are.
    package let kind: EntryKind
}

/// Where the blocks of a log begin.
///
/// A writer that begins in the middle of a log asks which block it is in and does not walk through
/// what came before. Most answers have one to three blocks; of an answer that alternates between
/// reasoning and text with every token, so many as are in memory and a bound of older ones.
package struct EntryBlocks: Sendable {
    /// Sixteen bytes a block.
    private struct Beginning {
        let start: UInt32
        let index: UInt32
        /// The number of the tool call; 0 for texts.
        let call: UInt32
        /// `restart` where what came before is void and no block has begun yet.
        let kind: EntryKind
    }

    /// How many blocks are remembered whose entries were dropped.
    static let maxOldCount = 4096

    private var beginnings: [Beginning] = []
    /// How many blocks have begun.
    private var count = 0
    /// The highest number of a tool call in this answer; -1 where there is none.
    private var lastCall = -1
    /// The blocks of entries before this number are here, whether the entries are or not.
    private var known = 0
    /// The kind whose next entry is in the last block, whatever it says; `start`, which begins and
    /// ends none, where every other must be looked at.
    private(set) var running = EntryKind.start

    /// Takes an entry that is not of the running kind.
    ///
    /// A call's first piece has a number that is higher than all before. An id is no sign of it:
    /// some vendors repeat it in every piece, and some send none.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - n: its number.
    ///   - call: of a piece of a tool call, the call's number.
    mutating func add(_ kind: EntryKind, at n: Int, call: Int = 0) {
        guard n >= known else { return }
        switch kind {
        case .text, .reasoning, .refusal:
            begin(kind, at: n, call: 0)
            running = kind
        case .toolCall:
            guard beginnings.last?.kind != .toolCall || call > lastCall else { return }
            begin(kind, at: n, call: call)
            lastCall = max(lastCall, call)
            running = .start
        case .restart:
            beginnings.append(
                Beginning(start: UInt32(n + 1), index: UInt32(count), call: 0, kind: kind)
            )
            lastCall = -1
            running = .start
        case .start, .usage, .finish, .failure, .members: break
        }
    }

    private mutating func begin(_ kind: EntryKind, at n: Int, call: Int) {
        beginnings.append(
            Beginning(
                start: UInt32(n),
                index: UInt32(count),
                call: UInt32(clamping: call),
                kind: kind
            )
        )
        count += 1
    }

    /// The block that entry `n` is in, or that came last before it in its answer; nil where there
    /// is none, and where it was forgotten.
    func block(at n: Int) -> EntryBlock? {
        let place = countOfBeginnings(before: n + 1) - 1
        guard place >= 0, beginnings[place].kind != .restart else { return nil }
        let found = beginnings[place]
        return EntryBlock(index: Int(found.index), start: Int(found.start), kind: found.kind)
    }

    private func countOfBeginnings(before n: Int) -> Int {
        var low = 0
        var high = beginnings.count
        while low < high {
            let middle = (low + high) / 2
            if Int(beginnings[middle].start) < n { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Forgets what begins at entry `n` or after it: these entries are taken back.
    mutating func rollBack(to n: Int) {
        guard let last = beginnings.last, Int(last.start) >= n else { return }
        // A restart at `n - 1`, which stays, has its mark at `n`.
        while let last = beginnings.last, Int(last.start) >= n,
            last.kind != .restart || last.start > n
        {
            if last.kind != .restart { count -= 1 }
            beginnings.removeLast()
        }
        let void = beginnings.lastIndex { $0.kind == .restart }
        let answer = beginnings[(void.map { $0 + 1 } ?? 0)...]
        lastCall = -1
        running = .start
        for one in answer where one.kind == .toolCall { lastCall = max(lastCall, Int(one.call)) }
        if let last = answer.last, last.kind != .toolCall { running = last.kind }
    }

    /// Notes that the entries before number `n` were dropped.
    mutating func dropped(before n: Int) {
        // The block that entry `n` is in began before it, perhaps.
        let old = countOfBeginnings(before: n + 1) - 1 - Self.maxOldCount
        if old > 0 { beginnings.removeFirst(old) }
    }

    /// The same blocks for a part of the log, to which entries are added that are known here.
    func known(to n: Int) -> EntryBlocks {
        var blocks = self
        blocks.known = n
        return blocks
    }
}
