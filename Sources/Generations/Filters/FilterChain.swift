import ChatFormats
import Wire

/// The filters of one answer: what each of its texts goes through, from the first filter to the
/// last.
///
/// The answer's text, its reasoning, its refusal and each string in the arguments of each tool call
/// are texts of their own.
struct FilterChain {
    /// How an answer went through.
    enum State: Equatable {
        case open
        /// A filter with this name has ended it.
        case blocked(by: String)
        /// A filter with this name could not decide, which ends it as well.
        case undecided(by: String)
    }

    private(set) var state = State.open
    private let stages: [FilterList.Stage]
    private let scratch: MatchScratch
    /// What came out of the last filter.
    private(set) var output: [UInt8] = []
    private var between: [UInt8] = []

    init(_ list: FilterList?) {
        stages = list?.stages ?? []
        scratch = MatchScratch()
    }

    /// A text that has not begun.
    func makeTexts() -> [FilteredText] {
        Array(repeating: FilteredText(), count: stages.count)
    }

    /// Takes the next piece of a text; `output` has what passed.
    ///
    /// - Parameters:
    ///   - piece: whole characters.
    ///   - texts: the text's.
    ///   - isLast: whether the text ends after it.
    mutating func take(
        _ piece: Span<UInt8>,
        of texts: inout [FilteredText],
        isLast: Bool
    ) {
        output.removeAll(keepingCapacity: true)
        output.append(span: piece)
        run(&texts, isLast: isLast, after: nil)
    }

    /// Takes the next piece of a text, which may go on after it.
    ///
    /// - Parameters:
    ///   - piece: whole characters.
    ///   - texts: the text's.
    /// - Returns: whether it passed as it is; otherwise `output` has what passed.
    mutating func passes(_ piece: Span<UInt8>, of texts: inout [FilteredText]) -> Bool {
        var index = 0
        while index < stages.count {
            if case .find(let search, _) = stages[index] {
                guard texts[index].passes(piece, search) else { break }
            }
            index += 1
        }
        guard index < stages.count else { return true }
        output.removeAll(keepingCapacity: true)
        output.append(span: piece)
        run(&texts, from: index, isLast: false, after: nil)
        return false
    }

    /// The same for a piece that is an array.
    mutating func take(_ piece: [UInt8], of texts: inout [FilteredText], isLast: Bool) {
        output.removeAll(keepingCapacity: true)
        output += piece
        run(&texts, isLast: isLast, after: nil)
    }

    /// Takes the end of a text; `output` has what waited.
    ///
    /// - Parameters:
    ///   - texts: the text's.
    ///   - ending: how the answer ended whose text this is, where something may follow it.
    mutating func end(_ texts: inout [FilteredText], after ending: Ending? = nil) {
        output.removeAll(keepingCapacity: true)
        run(&texts, isLast: true, after: ending)
    }

    /// Puts into `output` what is appended to an answer that a filter has ended.
    ///
    /// It is no part of the text that was blocked, and goes through the filters that follow it as
    /// a text of its own.
    mutating func appendAfterBlock() {
        output.removeAll(keepingCapacity: true)
        for stage in stages {
            switch stage {
            case .append(let text, let endings):
                if endings.contains(.filtered) { output += text }
            case .find(let search, let action):
                guard !output.isEmpty else { continue }
                swap(&output, &between)
                output.removeAll(keepingCapacity: true)
                var text = FilteredText()
                _ = text.take(between, isLast: true, search, action, scratch, into: &output)
            }
        }
    }

    /// Leads what is in `output` through the filters.
    private mutating func run(
        _ texts: inout [FilteredText],
        from first: Int = 0,
        isLast: Bool,
        after ending: Ending?
    ) {
        var isLast = isLast
        for index in first..<stages.count {
            swap(&output, &between)
            output.removeAll(keepingCapacity: true)
            switch stages[index] {
            case .append(let text, let endings):
                output += between
                if let ending, state == .open, endings.contains(ending) { output += text }
            case .find(let search, let action):
                let verdict = texts[index].take(
                    between,
                    isLast: isLast,
                    search,
                    action,
                    scratch,
                    into: &output
                )
                guard verdict != .passed else { continue }
                // What comes before the match is the end of the text for the filters that follow.
                isLast = true
                guard state == .open else { continue }
                let name = search.name
                state = verdict == .blocked ? .blocked(by: name) : .undecided(by: name)
            }
        }
    }
}
