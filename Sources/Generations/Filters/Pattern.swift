import CPCRE2
import Wire

/// A regular expression of PCRE2's, compiled once for all loops.
///
/// `@unchecked` holds because nothing changes the code and the limits after the initializer, and
/// PCRE2 lets any number of threads match with them (pcre2api, "Multithreading").
final class Pattern: @unchecked Sendable {
    /// What one attempt to match has found.
    enum Finding: Equatable {
        /// No match begins before the end of what was looked at.
        case nothing
        case match(Range<Int>)
        /// A match may begin here; what follows decides it.
        case begun(at: Int)
        /// A limit was exceeded, so nobody knows.
        case undecided
    }

    /// Where the text ends, as far as one attempt is concerned.
    enum End {
        /// Here; nothing follows.
        case here
        /// More follows: what reaches the end is not decided.
        case later
        /// More follows, but it does not count: only the first position may begin a match.
        case beyondLimit
    }

    /// Attempts at one match, as PCRE2 counts them, after which it is given up; some milliseconds.
    private static let matchLimit: UInt32 = 100_000
    /// How deep one match may nest; it bounds what a match takes in memory.
    private static let depthLimit: UInt32 = 5000
    /// Memory of one match, in KiB.
    private static let heapLimit: UInt32 = 1024

    private let code: OpaquePointer
    private let limits: OpaquePointer
    /// How many characters before a match are kept: all that it may look at, and two more, which
    /// show that the text does not begin there.
    let lookback: Int
    /// Where a match may begin.
    let starts: MatchStarts

    /// Compiles an expression; Unicode's properties decide what a letter and a word are.
    ///
    /// - Parameters:
    ///   - text: the expression.
    ///   - ignoresCase: whether case does not matter.
    ///   - words: the words, where it is a list of words; nil for anything else.
    /// - Throws: where PCRE2 finds it wrong, or where it says what no stream can keep.
    init(
        _ text: String,
        ignoresCase: Bool = false,
        words: WordTree? = nil
    ) throws(PatternError) {
        if let place = Self.placeOfContinuation(in: text) {
            throw PatternError(offset: place, message: "\\G has no meaning in a stream")
        }
        var options = UInt32(PCRE2_UTF) | UInt32(PCRE2_UCP) | UInt32(PCRE2_NEVER_BACKSLASH_C)
        if ignoresCase { options |= UInt32(PCRE2_CASELESS) }
        var error: Int32 = 0
        var offset = 0
        var bytes = Array(text.utf8)
        let compiled = pcre2_compile_8(&bytes, bytes.count, options, &error, &offset, nil)
        guard let compiled else {
            throw PatternError(offset: offset, message: Self.message(error))
        }
        guard let limits = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(compiled)
            throw PatternError(offset: 0, message: "out of memory")
        }
        code = compiled
        self.limits = limits
        pcre2_set_match_limit_8(limits, Self.matchLimit)
        pcre2_set_depth_limit_8(limits, Self.depthLimit)
        pcre2_set_heap_limit_8(limits, Self.heapLimit)
        // Where the system forbids memory that is written and run, PCRE2 interprets the pattern.
        let modes = PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD | PCRE2_JIT_PARTIAL_SOFT
        _ = pcre2_jit_compile_8(compiled, UInt32(modes))
        var lookbehind: UInt32 = 0
        pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_MAXLOOKBEHIND), &lookbehind)
        lookback = Int(lookbehind) * (Self.assertionCount(in: text) + 1) + 2
        starts = MatchStarts(of: compiled, words)
    }

    deinit {
        pcre2_match_context_free_8(limits)
        pcre2_code_free_8(code)
    }

    /// How many lookbehinds may be inside of each other: PCRE2 says only how far the longest one
    /// goes by itself.
    ///
    /// Named groups count as well, which only keeps more.
    private static func assertionCount(in text: String) -> Int {
        let bytes = Array(text.utf8)
        return bytes.indices.dropLast(2).count { index in
            guard bytes[index] == UInt8(ascii: "(") else { return false }
            // `(?<=`, `(?<!`, `(?<*`, and the same in words, such as `(*plb:`.
            if bytes[index + 1] == UInt8(ascii: "*") { return true }
            return bytes[index + 1] == UInt8(ascii: "?") && bytes[index + 2] == UInt8(ascii: "<")
        }
    }

    /// Where in an expression `\G` is: where a search begins depends on how the text was cut.
    private static func placeOfContinuation(in text: String) -> Int? {
        let bytes = Array(text.utf8)
        var index = 0
        while index + 1 < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            if bytes[index + 1] == UInt8(ascii: "G") { return index }
            index += 2
        }
        return nil
    }

    private static func message(_ error: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(error, &text, text.count)
        return String(decoding: text.prefix(max(0, Int(count))), as: UTF8.self)
    }

    /// Looks for the first match; one of no characters does not count.
    ///
    /// - Parameters:
    ///   - text: UTF-8, with whole characters before and after the limits that follow.
    ///   - start: where a match may begin at the earliest; what comes before is only looked at.
    ///   - end: where the text ends that is looked at.
    ///   - isEnd: what that end is.
    ///   - scratch: is used meanwhile.
    /// - Returns: the match that begins first, or where one may begin.
    func find(
        in text: [UInt8],
        from start: Int,
        to end: Int,
        _ isEnd: End,
        with scratch: MatchScratch
    ) -> Finding {
        var options = UInt32(PCRE2_NO_UTF_CHECK) | UInt32(PCRE2_NOTEMPTY)
        switch isEnd {
        case .here: break
        case .later: options |= UInt32(PCRE2_PARTIAL_HARD)
        case .beyondLimit: options |= UInt32(PCRE2_PARTIAL_SOFT) | UInt32(PCRE2_ANCHORED)
        }
        var result = run(text, start, end, options, scratch)
        // The stack of compiled code is small; the interpreter takes its memory from the heap.
        if result == PCRE2_ERROR_JIT_STACKLIMIT {
            result = run(text, start, end, options | UInt32(PCRE2_NO_JIT), scratch)
        }
        switch result {
        case PCRE2_ERROR_NOMATCH: return .nothing
        case PCRE2_ERROR_PARTIAL: return .begun(at: max(start, scratch.range.lowerBound))
        case 0...: return .match(scratch.range)
        default: return .undecided
        }
    }

    @inline(__always)
    private func run(
        _ text: [UInt8],
        _ start: Int,
        _ end: Int,
        _ options: UInt32,
        _ scratch: MatchScratch
    ) -> Int32 {
        text.withUnsafeBufferPointer {
            pcre2_match_8(code, $0.baseAddress, end, start, options, scratch.data, limits)
        }
    }
}

/// Why an expression cannot be used.
package struct PatternError: Error, Equatable {
    /// The byte of the expression at which it is wrong.
    package let offset: Int
    /// What is wrong, in PCRE2's words.
    package let message: String
}

/// What PCRE2 writes while it matches; each answer has its own.
final class MatchScratch {
    /// Nil where there is no memory, which PCRE2 then says itself.
    fileprivate let data: OpaquePointer?

    /// Makes room for the range of a match; groups are not wanted.
    init() { data = pcre2_match_data_create_8(1, nil) }

    deinit { pcre2_match_data_free_8(data) }

    /// The last match, or the part of it that is there.
    fileprivate var range: Range<Int> {
        guard let data, let offsets = pcre2_get_ovector_pointer_8(data) else { return 0..<0 }
        return offsets[0]..<max(offsets[0], offsets[1])
    }
}
