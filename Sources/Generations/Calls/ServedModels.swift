/// Which models an upstream is asked for, and who is asked in its place where it fails.
package struct ServedModels: Sendable, Equatable {
    /// Names that the upstream knows.
    package var names: [String] = []
    /// Names that clients use, and what the upstream calls the model.
    package var aliases: [String: String] = [:]
    /// Patterns of names, such as `gpt-*`.
    package var patterns: [ModelPattern] = []
    /// Who is asked where the upstream fails, in order.
    package var fallbacks: [Fallback] = []
    /// The same for single models, by the upstream's own names; these come in place of the others.
    package var modelFallbacks: [String: [Fallback]] = [:]

    /// A server that answers every model that nobody else names.
    package init() {}

    /// Who is asked in the place of another.
    package struct Fallback: Sendable, Equatable {
        /// The upstream's name.
        package var upstream: String
        /// The model there; nil for the upstream's default.
        package var model: String?

        /// Names an upstream and a model.
        package init(upstream: String, model: String?) {
            self.upstream = upstream
            self.model = model
        }

        /// Reads `upstream/model`, or `upstream` alone; a model's name may have slashes, too.
        package init(_ text: String) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            upstream = String(parts[0])
            model = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
        }
    }

    /// What the upstream calls a model that a client names; nil where it does not name it.
    func model(named name: String) -> String? {
        aliases[name] ?? (names.contains(name) ? name : nil)
    }

    /// Who is asked where the upstream fails for a model.
    func fallbacks(of model: String) -> [Fallback] { modelFallbacks[model] ?? fallbacks }
}

/// A pattern of model names, in which `*` is any text.
package struct ModelPattern: Sendable, Equatable {
    private let pattern: [UInt8]

    /// Makes one.
    package init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    /// Whether a whole name is of the pattern.
    package func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        var place = 0
        var at = 0
        // Where to go on if what follows the last star does not fit.
        var star: (place: Int, at: Int)?
        while at < name.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place + 1, at)
                place += 1
            } else if place < pattern.count, pattern[place] == name[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.place, last.at + 1)
                place = last.place
                at = last.at + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
