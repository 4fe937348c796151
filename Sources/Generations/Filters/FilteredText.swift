import Wire

/// One text on its way through one search: gives away what can be no part of a match, and keeps the
/// rest until more comes.
///
/// Whether a match begins at a place depends on the text alone, and not on how it was cut: each
/// place is judged by `maxMatch` bytes from there on, and waits for them if it must. What a call
/// costs does not grow with the text.
struct FilteredText {
    /// What a search said of a piece.
    enum Verdict {
        case passed
        /// The text ends here, before a match.
        case blocked
        /// A limit of PCRE2's was exceeded: what comes cannot be let pass.
        case undecided
    }

    /// How much of what was given away is kept beside what the search looks back at, before it is
    /// dropped.
    private static let maxKeptBytes = 1024

    /// What was given away last, and after it what waits.
    private var text: [UInt8] = []
    /// Where in `text` that begins which waits.
    private var start = 0
    /// Whether it has ended before a match: nothing passes from then on, not even what waits.
    private var isOver = false
    /// Whether anything came out other than it was.
    private(set) var isChanged = false

    /// How many bytes wait.
    var heldCount: Int { text.count - start }

    /// Takes the next piece, whole characters of UTF-8, if all of it passes at once as it is.
    ///
    /// - Parameters:
    ///   - piece: more may follow.
    ///   - search: what is looked for, the same in each call.
    /// - Returns: whether it was taken; otherwise a match may begin in it, or the text waits.
    mutating func passes(_ piece: Span<UInt8>, _ search: FilterList.Search) -> Bool {
        guard start == text.count else { return false }
        let starts = search.pattern.starts
        guard starts.next(in: piece, from: 0, after: text.last) == piece.count else { return false }
        dropOld(search.pattern.lookback)
        text.append(span: piece)
        start = text.count
        return true
    }

    /// Takes the next piece, whole characters of UTF-8, and appends what passes.
    ///
    /// - Parameters:
    ///   - piece: may be empty.
    ///   - isLast: whether the text ends after it; then nothing waits.
    ///   - search: what is looked for, the same in each call.
    ///   - action: what is done with a match.
    ///   - scratch: is used meanwhile.
    ///   - out: gets what passes.
    /// - Returns: whether the text goes on.
    mutating func take(
        _ piece: [UInt8],
        isLast: Bool,
        _ search: FilterList.Search,
        _ action: FilterRule.Action,
        _ scratch: MatchScratch,
        into out: inout [UInt8]
    ) -> Verdict {
        guard !isOver else { return .passed }
        dropOld(search.pattern.lookback)
        text += piece
        while start < text.count {
            release(to: search.pattern.starts.next(in: text.span, from: start), into: &out)
            guard start < text.count else { break }
            // The limit is judged at once only where more than it is there: otherwise it would
            // count whether the text ends in this piece.
            let limit = start + search.maxMatch
            let isCut = limit < text.count
            let end = isCut ? beginOfCharacter(at: limit) : text.count
            let isEnd: Pattern.End = isCut || !isLast ? .later : .here
            switch search.pattern.find(in: text, from: start, to: end, isEnd, with: scratch) {
            case .nothing: release(to: end, into: &out)
            case .match(let range):
                guard handle(range, search, action, into: &out) else { return ends(.blocked) }
            case .begun(let place) where place > start: release(to: place, into: &out)
            case .begun:
                guard isCut else { return .passed }
                switch search.pattern.find(
                    in: text,
                    from: start,
                    to: end,
                    .beyondLimit,
                    with: scratch
                ) {
                case .match(let range):
                    guard handle(range, search, action, into: &out) else { return ends(.blocked) }
                case .nothing, .begun: release(to: endOfCharacter(at: start), into: &out)
                case .undecided: return ends(.undecided)
                }
            case .undecided: return ends(.undecided)
            }
        }
        return .passed
    }

    private mutating func ends(_ verdict: Verdict) -> Verdict {
        isOver = true
        isChanged = true
        return verdict
    }

    /// Does with a match what is to be done; returns whether the text goes on.
    private mutating func handle(
        _ range: Range<Int>,
        _ search: FilterList.Search,
        _ action: FilterRule.Action,
        into out: inout [UInt8]
    ) -> Bool {
        var range = range
        if search.isCard {
            guard let number = CardNumber.find(in: text, range) else {
                release(to: endOfCharacter(at: range.lowerBound), into: &out)
                return true
            }
            range = number
        }
        release(to: range.lowerBound, into: &out)
        guard case .replace(let replacement) = action else { return false }
        isChanged = true
        out.append(contentsOf: replacement.utf8)
        start = range.upperBound
        return true
    }

    private mutating func release(to end: Int, into out: inout [UInt8]) {
        guard end > start else { return }
        out += text[start..<end]
        start = end
    }

    /// The begin of the character that a place is in.
    private func beginOfCharacter(at place: Int) -> Int {
        var place = place
        while place < text.count, place > start, text[place] & 0xC0 == 0x80 { place -= 1 }
        // A character that is longer than the limit counts nevertheless.
        return place > start ? place : endOfCharacter(at: start)
    }

    private func endOfCharacter(at place: Int) -> Int {
        var end = place + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }

    /// Keeps of what was given away as many characters as a search needs, once there is much.
    @inline(__always)
    private mutating func dropOld(_ lookback: Int) {
        guard start > Self.maxKeptBytes + 8 * lookback else { return }
        dropAll(but: lookback)
    }

    @inline(never)
    private mutating func dropAll(but lookback: Int) {
        var kept = start
        for _ in 0..<lookback where kept > 0 {
            kept -= 1
            while kept > 0, text[kept] & 0xC0 == 0x80 { kept -= 1 }
        }
        text.removeSubrange(..<kept)
        start -= kept
    }

    /// Begins another text.
    mutating func reset() {
        text.removeAll(keepingCapacity: true)
        start = 0
        isOver = false
        isChanged = false
    }
}
