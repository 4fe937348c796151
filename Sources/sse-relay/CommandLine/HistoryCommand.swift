import Storage

/// `sse-relay history …`: what is done to the files of the history.
struct HistoryCommand: Equatable {
    enum Format: String, CaseIterable { case jsonl, markdown }

    enum Action: Equatable {
        case list(asJSON: Bool)
        case show(id: String)
        /// Of one conversation, or of everything; into a file, or to the standard output.
        case export(id: String?, Format, output: String?)
        case delete(id: String)
        case compact
        case verify(asJSON: Bool)
        case repair(isDry: Bool)
    }

    private static let verbs = "list, show, export, delete, compact, verify or repair"

    let action: Action
    /// Whose conversations are meant.
    let owner: HistoryOwner
    /// The folder named by `--data`; nil for the one that the configuration names.
    let folder: String?

    init(_ words: ArraySlice<String>) throws(ArgumentError) {
        var rest = words
        guard let verb = rest.popFirst() else { throw .missingWord("history", Self.verbs) }
        var options = Options(verb)
        while let word = rest.popFirst() { try options.take(word, &rest) }
        owner = options.owner ?? .any
        folder = options.folder
        action = try options.action()
    }

    /// The words that follow the verb.
    private struct Options {
        let verb: String
        var owner: HistoryOwner?
        var folder: String?
        private var id: String?
        private var isFlagged = false
        private var format: Format?
        private var output: String?

        init(_ verb: String) { self.verb = verb }

        private var takesID: Bool { ["show", "export", "delete"].contains(verb) }

        mutating func take(
            _ word: String,
            _ rest: inout ArraySlice<String>
        ) throws(ArgumentError) {
            if let value = try rest.value(of: "--data", word) {
                guard !value.isEmpty else { throw .missingValue("--data") }
                folder = value
            } else if takesID || verb == "list", let value = try rest.value(of: "--owner", word) {
                owner = .only(value.isEmpty ? nil : value)
            } else if verb == "export", let value = try rest.value(of: "--format", word) {
                guard let known = Format(rawValue: value) else {
                    throw .wrongValue("--format", "expected jsonl or markdown")
                }
                format = known
            } else if verb == "export", let value = try rest.value(of: "--output", word) {
                output = value
            } else if word == flag {
                isFlagged = true
            } else if takesID, id == nil, word == "--", let value = rest.popFirst() {
                id = value
            } else if takesID, id == nil, !word.hasPrefix("-") {
                id = word
            } else {
                throw .unknown(word)
            }
        }

        private var flag: String? {
            switch verb {
            case "list", "verify": "--json"
            case "repair": "--dry-run"
            default: nil
            }
        }

        func action() throws(ArgumentError) -> Action {
            switch (verb, id) {
            case ("list", _): return .list(asJSON: isFlagged)
            case ("export", _): return .export(id: id, format ?? .jsonl, output: output)
            case ("show", let id?): return .show(id: id)
            case ("delete", let id?): return .delete(id: id)
            case ("compact", _): return .compact
            case ("verify", _): return .verify(asJSON: isFlagged)
            case ("repair", _): return .repair(isDry: isFlagged)
            case ("show", nil), ("delete", nil):
                throw .missingWord("history \(verb)", "the id of a conversation")
            default: throw .unknown(verb)
            }
        }
    }
}
