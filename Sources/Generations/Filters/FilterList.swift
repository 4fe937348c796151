package import ChatFormats
import Wire

/// Filters in their order, compiled once for all loops.
package struct FilterList: Sendable {
    /// One filter on its way from left to right.
    enum Stage: Sendable {
        case find(Search, FilterRule.Action)
        case append([UInt8], after: [Ending])
    }

    /// What a filter looks for, compiled.
    ///
    /// It is a class, so that a look at it for each token counts one reference and no more.
    final class Search: Sendable {
        let pattern: Pattern
        /// In bytes, from where a match begins.
        let maxMatch: Int
        /// Whether a match counts only with a right check digit.
        let isCard: Bool
        /// How the filter is called in the log.
        let name: String

        init(_ pattern: Pattern, maxMatch: Int, isCard: Bool = false, name: String) {
            self.pattern = pattern
            self.maxMatch = maxMatch
            self.isCard = isCard
            self.name = name
        }
    }

    /// What they were compiled from.
    package let rules: [FilterRule]
    let stages: [Stage]
    /// What comes before the instructions to the model; empty for nothing.
    private let systemPrefix: String

    /// Compiles filters.
    ///
    /// - Throws: the first pattern that cannot be used, with the index of its rule.
    package init(_ rules: [FilterRule]) throws(FilterError) {
        var stages: [Stage] = []
        var prefixes: [String] = []
        for (index, rule) in rules.enumerated() {
            switch rule {
            case .find(let target, let action):
                do throws(PatternError) {
                    stages.append(.find(try Self.search(target, index), action))
                } catch {
                    throw FilterError(rule: index, pattern: error)
                }
            case .append(let text, let endings):
                stages.append(.append(Array(text.utf8), after: endings))
            case .systemPrefix(let text): prefixes.append(text)
            }
        }
        self.rules = rules
        self.stages = stages
        systemPrefix = prefixes.joined(separator: "\n\n")
    }

    /// Whether answers may be changed.
    var changesAnswers: Bool { !stages.isEmpty }

    private static func search(
        _ target: FilterRule.Target,
        _ index: Int
    ) throws(PatternError) -> Search {
        switch target {
        case .words(let words, let ignoresCase, let areWhole):
            let list = WordPattern(words, ignoresCase: ignoresCase, areWhole: areWhole)
            return Search(
                try Pattern(list.text, ignoresCase: ignoresCase, words: list.tree),
                maxMatch: list.maxMatch,
                name: "filter \(index + 1) (words)"
            )
        case .pattern(let text, let ignoresCase, let maxMatch):
            return Search(
                try Pattern(text, ignoresCase: ignoresCase),
                maxMatch: maxMatch,
                name: "filter \(index + 1) (pattern)"
            )
        case .emails:
            return Search(
                try Pattern(email, ignoresCase: true),
                maxMatch: 384,
                name: "filter \(index + 1) (email)"
            )
        case .cards:
            return Search(
                try Pattern(CardNumber.expression),
                maxMatch: CardNumber.maxBytes,
                isCard: true,
                name: "filter \(index + 1) (card)"
            )
        }
    }

    /// A name of at most 64 characters at a host name (RFC 5321 §4.5.3.1), letters of all alphabets
    /// included (RFC 6531).
    ///
    /// The standard's further characters are those of markup and URLs, which are around addresses
    /// far more often than in them. Of a longer name the end is found.
    private static let email = #"""
        [\p{L}\p{N}][\w\p{M}.+%'-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.){1,8}(?:xn--[a-z0-9-]{1,59}|\p{L}[\p{L}\p{M}]{1,62})
        """#

    /// The request as upstreams get it: the prefix comes before the client's own instructions.
    ///
    /// It joins them, since some models take one system message alone, and only as the first.
    package func prefixing(_ request: ChatRequest) -> ChatRequest {
        guard !systemPrefix.isEmpty else { return request }
        var request = request
        if let own = request.system {
            request.system = "\(systemPrefix)\n\n\(own)"
        } else if let first = request.messages.first,
            first.role == .system || first.role == .developer
        {
            request.messages[0].text = "\(systemPrefix)\n\n\(first.text)"
            request.messages[0].original = first.original.map(prefixing)
        } else {
            request.system = systemPrefix
        }
        return request
    }

    /// A message as a client sent it, with the prefix before its text.
    private func prefixing(_ message: JSON) -> JSON {
        guard case .object(var members) = message else { return message }
        for index in members.indices where equals(members[index].key, "content") {
            switch members[index].value {
            case .string(let text):
                members[index].value = .string("\(systemPrefix)\n\n\(text)")
            case .array(let parts):
                let part = JSON.object([
                    JSON.Member(key: "type", value: .string("text")),
                    JSON.Member(key: "text", value: .string("\(systemPrefix)\n\n")),
                ])
                members[index].value = .array([part] + parts)
            case .null, .bool, .number, .object: break
            }
        }
        return .object(members)
    }
}

/// A filter that cannot be used.
package struct FilterError: Error, Equatable {
    /// The index of its rule in the list.
    package let rule: Int
    package let pattern: PatternError
}
