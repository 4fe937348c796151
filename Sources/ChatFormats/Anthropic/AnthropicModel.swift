/// What a model of Anthropic's takes, as far as the version in its name tells.
///
/// The vendor refuses what a model does not take, and each generation takes less: see its pages
/// about thinking, effort, structured outputs and migration. A name without a version, which may
/// be another vendor's, is taken at the protocol's word.
struct AnthropicModel {
    /// How a model is told to think.
    enum Thinking {
        case never, byBudget, byEffort
    }

    /// How a model is told not to think.
    enum Quiet {
        /// It does not think unless it is told to.
        case byDefault
        case disabled
        /// It thinks between tool calls at most.
        case betweenTools
        /// It always thinks; a low effort is the least.
        case impossible
    }

    private struct Version: Comparable {
        let major: Int
        let minor: Int

        init(_ major: Int, _ minor: Int) {
            self.major = major
            self.minor = minor
        }

        static func < (one: Version, other: Version) -> Bool {
            (one.major, one.minor) < (other.major, other.minor)
        }
    }

    private enum Family: String, CaseIterable {
        case opus, sonnet, haiku, fable, mythos
    }

    private let family: Family?
    /// nil where the name has none.
    private let version: Version?

    /// Reads names such as `claude-sonnet-4-5-20250929`, `claude-3-7-sonnet-latest` and
    /// `anthropic/claude-opus-4.1`.
    init(_ name: String) {
        let words = name.prefix { $0 != "?" }.lowercased()
            .split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        // Family and version are next to the vendor's word; what follows are dates and revisions.
        let near = (words.firstIndex(of: "claude").map { words[($0 + 1)...] } ?? []).prefix(3)
        family = near.lazy.compactMap { Family(rawValue: String($0)) }.first
        let numbers = near.filter { $0.count <= 2 }.compactMap { Int($0) }
        let isNamed = family != nil || near.first.map { Int($0) != nil } == true
        if isNamed, let major = numbers.first {
            version = Version(major, numbers.count > 1 ? numbers[1] : 0)
        } else {
            version = family == .mythos ? Version(5, 0) : nil
        }
    }

    private func isFrom(_ major: Int, _ minor: Int) -> Bool {
        version.map { $0 >= Version(major, minor) } ?? false
    }

    var thinking: Thinking {
        guard version != nil else { return .byBudget }
        if isFrom(4, 6) { return .byEffort }
        return isFrom(3, 7) ? .byBudget : .never
    }

    var quiet: Quiet {
        guard isFrom(5, 0) else { return .byDefault }
        switch family {
        case .sonnet: return isFrom(5, 5) ? .betweenTools : .disabled
        case .opus: return isFrom(5, 5) ? .impossible : .disabled
        case .haiku: return .disabled
        case .fable, .mythos, nil: return .impossible
        }
    }

    /// Whether it thinks although the request does not say so.
    var thinksByDefault: Bool { isFrom(5, 0) }
    /// Whether it hides what it thinks unless it is asked to show it.
    var hidesThinking: Bool { isFrom(4, 7) }
    /// Whether it knows an effort between high and the highest.
    var knowsExtraHigh: Bool { isFrom(4, 7) }
    /// Whether it takes `temperature`, `top_p` and `top_k`.
    var takesSampling: Bool { !isFrom(4, 7) }
    /// Whether it refuses `top_p` beside `temperature`.
    var takesOneOfBoth: Bool { isFrom(4, 1) }
    /// Whether it takes a schema for its answer.
    var takesSchema: Bool {
        guard version != nil else { return true }
        return isFrom(4, 5) || family == .opus && isFrom(4, 1)
    }
    /// Whether it can be made to call a tool.
    var takesForcedTools: Bool {
        switch family {
        case .fable: !isFrom(5, 1)
        case .mythos: false
        case .opus, .sonnet: !isFrom(5, 5)
        case .haiku, nil: true
        }
    }
}
