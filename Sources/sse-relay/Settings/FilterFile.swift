import ChatFormats
import Generations
import Wire

/// The format of the file of filters: a JSON array of objects, each one filter, in their order.
enum FilterFile {
    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - name: the file's name, for the error.
    /// - Returns: the filters.
    /// - Throws: what is wrong first, with its place.
    static func parse(_ text: String, name: String) throws(FilterFileError) -> [FilterRule] {
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(text.utf8.span)
        } catch {
            let before = text.utf8.prefix(error.offset)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            throw FilterFileError("\(name) line \(line): \(error)")
        }
        guard let filters = json.arrayValue else {
            throw FilterFileError("\(name): expected an array of filters")
        }
        var rules: [FilterRule] = []
        for (index, filter) in filters.enumerated() {
            let reader = FilterReader(filter, place: place(of: index, in: name))
            rules.append(try reader.rule())
        }
        return rules
    }

    /// How messages name a filter.
    static func place(of index: Int, in name: String) -> String { "\(name) filter \(index + 1)" }
}

/// What is wrong with a file of filters.
struct FilterFileError: Error, Equatable {
    /// The file, the place in it, and the problem.
    let description: String

    init(_ description: String) { self.description = description }
}

/// Reads one filter.
private struct FilterReader {
    /// What a filter can be, by the member that says so, with all members that it may have.
    private static let kinds: [(name: String, members: [String])] = [
        ("words", ["words", "replace", "block", "ignore_case", "whole_words"]),
        ("pattern", ["pattern", "replace", "block", "ignore_case", "max_match"]),
        ("mask", ["mask", "replace", "block"]),
        ("append", ["append", "after"]),
        ("system_prefix", ["system_prefix"]),
    ]
    /// The ways to end after which text may be appended.
    private static let endings: [Ending] = [.complete, .length, .filtered, .toolCalls]

    private let filter: JSON
    private let place: String

    init(_ filter: JSON, place: String) {
        self.filter = filter
        self.place = place
    }

    func rule() throws(FilterFileError) -> FilterRule {
        let names = (filter.members ?? []).map(\.key)
        let kinds = Self.kinds.filter { names.contains($0.name) }
        guard kinds.count == 1, let kind = kinds.first else {
            let all = Self.kinds.map(\.name).joined(separator: ", ")
            throw problem("expected an object with one of \(all)")
        }
        if let wrong = names.first(where: { !kind.members.contains($0) }) {
            let known = kind.members.joined(separator: ", ")
            throw problem("\(wrong) is not known here; expected \(known)")
        }
        switch kind.name {
        case "words": return .find(try words(), try action(default: nil))
        case "pattern": return .find(try pattern(), try action(default: nil))
        case "mask":
            switch try text("mask") {
            case "email": return .find(.emails, try action(default: "[email]"))
            case "card": return .find(.cards, try action(default: "[card]"))
            default: throw problem("mask: expected email or card")
            }
        case "append": return .append(try text("append"), after: try after())
        default: return .systemPrefix(try text("system_prefix"))
        }
    }

    private func words() throws(FilterFileError) -> FilterRule.Target {
        let elements = filter["words"]?.arrayValue ?? []
        let words = elements.compactMap(\.stringValue)
        let longest = FilterRule.maxWordLength
        let lengths = 1...longest
        guard !words.isEmpty, words.count == elements.count,
            words.allSatisfy({ lengths.contains($0.unicodeScalars.count) })
        else {
            throw problem("words: expected an array of words of 1 to \(longest) characters each")
        }
        return .words(
            words,
            ignoresCase: try flag("ignore_case", fallback: true),
            areWhole: try flag("whole_words", fallback: true)
        )
    }

    private func pattern() throws(FilterFileError) -> FilterRule.Target {
        let bounds = FilterRule.maxMatches
        var maxMatch = FilterRule.defaultMaxMatch
        if let value = filter["max_match"] {
            guard let number = value.intValue, bounds.contains(number) else {
                throw problem(
                    "max_match: expected a whole number from \(bounds.lowerBound) to"
                        + " \(bounds.upperBound)"
                )
            }
            maxMatch = number
        }
        return .pattern(
            try text("pattern"),
            ignoresCase: try flag("ignore_case", fallback: false),
            maxMatch: maxMatch
        )
    }

    private func action(default fallback: String?) throws(FilterFileError) -> FilterRule.Action {
        let blocks = try flag("block", fallback: false)
        guard filter["replace"] != nil else {
            if blocks { return .block }
            if let fallback { return .replace(fallback) }
            throw problem("expected replace with a text, or block with true")
        }
        if blocks { throw problem("replace and block cannot both hold") }
        guard let text = filter["replace"]?.stringValue else {
            throw problem("replace: expected a text")
        }
        return .replace(text)
    }

    private func after() throws(FilterFileError) -> [Ending] {
        guard let value = filter["after"] else { return [.complete, .length] }
        let words = value.arrayValue?.map { $0.stringValue ?? "" } ?? [""]
        let endings = words.compactMap { word in Self.endings.first { $0.rawValue == word } }
        guard endings.count == words.count else {
            let known = Self.endings.map(\.rawValue).joined(separator: ", ")
            throw problem("after: expected an array with some of \(known)")
        }
        return endings
    }

    /// A text that is not empty.
    private func text(_ name: String) throws(FilterFileError) -> String {
        guard let text = filter[name]?.stringValue, !text.isEmpty else {
            throw problem("\(name): expected a text")
        }
        return text
    }

    private func flag(_ name: String, fallback: Bool) throws(FilterFileError) -> Bool {
        guard let value = filter[name] else { return fallback }
        guard let flag = value.boolValue else { throw problem("\(name): expected true or false") }
        return flag
    }

    private func problem(_ text: String) -> FilterFileError { FilterFileError("\(place): \(text)") }
}
