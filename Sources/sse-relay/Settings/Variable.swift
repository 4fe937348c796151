/// One environment variable, with everything that is said about it anywhere.
///
/// `--help`, `--check`, `.env.example`, `docs/configuration.md` and the messages are made from it.
struct Variable: Sendable {
    /// The name, which is written nowhere else in the sources.
    let name: String
    /// The value in force while none is set; empty where there is none.
    let fallback: String
    /// A value that would do, for messages and `.env.example`; empty where there is none.
    let example: String
    /// How much of a value may be shown.
    let content: Content
    /// When a new value takes effect.
    let change: Change
    /// What an empty value means.
    let emptiness: Emptiness
    /// What `--help` says, in one line.
    let summary: String
    /// What `.env.example` and the documentation say: a paragraph of Markdown.
    let words: String

    enum Content: Sendable {
        case plain
        /// A URL or hosts, which may hold a user and a password.
        case address
        /// A credential: its last characters at most.
        case secret
    }

    enum Change: Sendable {
        /// At a reload: what begins afterwards uses the new value.
        case reload
        /// At a restart: the process keeps the value that it started with.
        case restart
    }

    enum Emptiness: Sendable {
        /// The variable counts as not set: that is what `.env` files commonly mean by it.
        case unset
        /// It is a value like any other.
        case value
    }

    init(
        _ name: String,
        fallback: String = "",
        example: String? = nil,
        content: Content = .plain,
        change: Change = .reload,
        emptiness: Emptiness = .unset,
        summary: String,
        words: String
    ) {
        self.name = name
        self.fallback = fallback
        self.example = example ?? fallback
        self.content = content
        self.change = change
        self.emptiness = emptiness
        self.summary = summary
        self.words = words
    }

    /// What is set; nil where nothing is.
    func value(setIn environment: Environment) -> String? {
        guard let value = environment[name] else { return nil }
        return value.isEmpty && emptiness == .unset ? nil : value
    }

    /// What is in force: what is set, or else the default.
    func value(in environment: Environment) -> String {
        value(setIn: environment) ?? fallback
    }
}

/// Variables that belong together, in the order in which they are explained.
struct VariableGroup: Sendable {
    let title: String
    let variables: [Variable]
    /// What is to be said after the last of them; empty where nothing is.
    let closingWords: String

    init(_ title: String, _ variables: [Variable], closingWords: String = "") {
        self.title = title
        self.variables = variables
        self.closingWords = closingWords
    }
}
