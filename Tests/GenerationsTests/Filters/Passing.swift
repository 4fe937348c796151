import ChatFormats
import Wire

@testable import Generations

/// What comes out of filters.
struct Passed: Equatable {
    /// The entries, each as its kind and its payload.
    var entries: [String] = []
    /// What the filters reported.
    var reports: [EntryFilter.Report] = []

    /// The texts of one kind, joined.
    func text(_ kind: EntryKind = .text) -> String {
        // In bytes: an accent would be one character with the space before it.
        let mark = "\(kind) ".utf8
        let texts = entries.filter { $0.utf8.starts(with: mark) }
        return String(decoding: texts.flatMap { $0.utf8.dropFirst(mark.count) }, as: UTF8.self)
    }

    /// What tool calls are given, joined, by their numbers.
    var arguments: [Int: String] {
        var joined: [Int: String] = [:]
        for entry in entries where entry.hasPrefix("toolCall ") {
            let bytes = Array(entry.dropFirst("toolCall ".count).utf8)
            guard let piece = try? JSON.parse(bytes.span), let index = piece["index"]?.intValue
            else { continue }
            joined[index, default: ""] += piece["function"]?["arguments"]?.stringValue ?? ""
        }
        return joined
    }
}

/// Sends entries through filters, one after the other, and ends the answer.
func pass(
    _ pieces: [(kind: EntryKind, text: String)],
    through list: FilterList,
    ending: Ending? = .complete
) -> Passed {
    var passed = Passed()
    var log = EntryLog()
    var reports: [EntryFilter.Report] = []
    let filter = EntryFilter(list) { reports.append($0) }
    for piece in pieces {
        filter.take(into: &log) { $0.append(piece.kind, piece.text.utf8.span) }
    }
    filter.end(ending, into: &log)
    passed.reports = reports
    let bytes = log.bytes
    for n in log.numbers {
        let payload = bytes[log.range(n)]
        passed.entries.append("\(log.kind(n)) \(String(decoding: payload, as: UTF8.self))")
    }
    return passed
}

/// Sends a text through filters, cut before the given scalars.
func pass(
    _ text: String,
    cutAt cuts: [Int] = [],
    through list: FilterList,
    ending: Ending? = .complete
) -> Passed {
    pass(pieces(of: text, cutAt: cuts).map { (.text, $0) }, through: list, ending: ending)
}

/// Cuts a text before the given scalars.
func pieces(of text: String, cutAt cuts: [Int]) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var pieces: [String] = []
    var start = 0
    for cut in cuts + [scalars.count] where cut > start {
        pieces.append(String(String.UnicodeScalarView(scalars[start..<cut])))
        start = cut
    }
    return pieces
}

/// Ways to cut a text: not at all, at each place, at each two places, and everywhere.
func cuts(of text: String) -> [[Int]] {
    let count = text.unicodeScalars.count
    guard count > 1 else { return [[]] }
    var cuts: [[Int]] = [[], Array(1..<count)]
    for first in 1..<count {
        cuts.append([first])
        for second in first + 1..<max(first + 1, count) where count <= 20 {
            cuts.append([first, second])
        }
    }
    return cuts
}

extension FilterRule {
    static func word(
        _ words: String...,
        with action: Action = .replace("*"),
        ignoresCase: Bool = true,
        areWhole: Bool = true
    ) -> FilterRule {
        .find(.words(words, ignoresCase: ignoresCase, areWhole: areWhole), action)
    }

    static func pattern(
        _ text: String,
        _ action: Action = .replace("*"),
        ignoresCase: Bool = false,
        maxMatch: Int = FilterRule.defaultMaxMatch
    ) -> FilterRule {
        .find(.pattern(text, ignoresCase: ignoresCase, maxMatch: maxMatch), action)
    }
}
