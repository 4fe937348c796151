/// A run of entries in an answer that are one text, one piece of reasoning, one refusal or one call
/// of a tool.
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
/// A writer that begins in the middle of a log asks which block it is in, and need not walk through
/// what came before. Most answers have one to three blocks. An answer that alternates between
/// reasoning and text with every token has one for each entry: those in memory are known, and a
/// bounded number of older ones. The type is one word: otherwise each look at a log would load more
/// for each token.
package struct EntryBlocks: Sendable {
    /// Sixteen bytes a block.
    private struct Beginning {
        let start: UInt32
        /// How many blocks began before it.
        let index: UInt32
        /// The highest number of a tool call in its answer so far; -1 where there is none.
        let lastCall: Int32
        /// `restart` where what came before is void and no block has begun yet; `finish` where
        /// nothing is to be added.
        let kind: EntryKind
    }

    /// How many blocks are remembered after their entries were dropped.
    static let maxOldCount = 4096

    private var beginnings: [Beginning] = []

    /// The number of the first entry after the last restart; what is before it is void.
    var answerStart: Int {
        for index in beginnings.indices.reversed() where beginnings[index].kind == .restart {
            return Int(beginnings[index].start)
        }
        return 0
    }

    /// Takes an entry, which may begin a block.
    ///
    /// The first piece of a call has a higher number than all calls before. Its id is no sign of
    /// it: some vendors repeat the id in every piece, and some send none.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - n: its number.
    ///   - call: the number of the call, for a piece of a tool call.
    mutating func add(_ kind: EntryKind, at n: Int, call: Int = 0) {
        let last = beginnings.last
        guard last?.kind != .finish else { return }
        var lastCall = last?.lastCall ?? -1
        switch kind {
        case .text, .reasoning, .refusal:
            guard last?.kind != kind else { return }
        case .toolCall:
            let call = Int32(clamping: call)
            guard last?.kind != .toolCall || call > lastCall else { return }
            lastCall = max(lastCall, call)
        case .restart: lastCall = -1
        case .start, .usage, .finish, .failure, .members: return
        }
        var index = last?.index ?? 0
        if let last, last.kind != .restart { index += 1 }
        let start = UInt32(kind == .restart ? n + 1 : n)
        beginnings.append(
            Beginning(start: start, index: index, lastCall: lastCall, kind: kind)
        )
    }

    /// The block of entry `n`, or else the last one before it in its answer; nil where there is
    /// none, or where it was forgotten.
    func block(at n: Int) -> EntryBlock? {
        let index = countOfBeginnings(before: n + 1) - 1
        guard index >= 0, beginnings[index].kind != .restart else { return nil }
        let found = beginnings[index]
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

    /// Forgets the blocks that begin at entry `n` or after it, since these entries are rolled back.
    mutating func rollBack(to n: Int) {
        // A restart that stays, at `n - 1`, has its mark at `n`.
        while let last = beginnings.last, last.start >= n, last.kind != .restart || last.start > n {
            beginnings.removeLast()
        }
    }

    /// Notes that the entries before number `n` were dropped.
    mutating func dropped(before n: Int) {
        // The block that entry `n` is in may have begun before it.
        let old = countOfBeginnings(before: n + 1) - 1 - Self.maxOldCount
        if old > 0 { beginnings.removeFirst(old) }
    }

    /// The same blocks, for a part of the log: what is added to that part is already known here.
    func forPart() -> EntryBlocks {
        var blocks = self
        blocks.beginnings.append(Beginning(start: .max, index: 0, lastCall: -1, kind: .finish))
        return blocks
    }
}
