import Wire

/// A variable and how its value is read.
struct Setting<Value: Sendable>: Sendable {
    /// Reads a variable's value, or says what is wrong with it.
    typealias Reading = @Sendable (Variable, Environment) throws(ConfigurationError) -> Value

    let variable: Variable
    private let reading: Reading

    /// Describes a variable that is read in its own way; the common ways are below.
    init(_ variable: Variable, _ reading: @escaping Reading) {
        self.variable = variable
        self.reading = reading
    }

    var name: String { variable.name }

    /// Reads the value in force.
    func value(in environment: Environment) throws(ConfigurationError) -> Value {
        try reading(variable, environment)
    }
}

extension Setting where Value == Int {
    /// A whole number.
    static func integer(_ range: ClosedRange<Int>, _ variable: Variable) -> Setting {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            let text = variable.value(in: environment)
            if let number = parseDecimal(text), range.contains(number) { return number }
            throw ConfigurationError(
                variable,
                "expected a whole number from \(range.lowerBound) to \(range.upperBound),"
                    + " found \(text.isEmpty ? "nothing" : ConfigurationError.shown(text))"
            )
        }
    }
}

extension Setting where Value == Int? {
    /// A whole number, or nil while none is set.
    static func optionalInteger(_ range: ClosedRange<Int>, _ variable: Variable) -> Setting {
        let integer = Setting<Int>.integer(range, variable)
        return Setting(variable) { variable, environment throws(ConfigurationError) in
            guard variable.value(setIn: environment) != nil else { return nil }
            return try integer.value(in: environment)
        }
    }
}

extension Setting where Value == Bool {
    /// Yes or no.
    static func flag(_ variable: Variable) -> Setting {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            let text = variable.value(in: environment)
            switch text.lowercased() {
            case "1", "true", "yes", "on": return true
            case "0", "false", "no", "off", "": return false
            default:
                let found = ConfigurationError.shown(text)
                throw ConfigurationError(variable, "expected 0 or 1, found \(found)")
            }
        }
    }
}

extension Setting where Value == String {
    /// Any text.
    static func text(_ variable: Variable) -> Setting {
        Setting(variable) { $0.value(in: $1) }
    }

    /// A base URL, read without the blanks around it and its final slashes; the scheme may be in
    /// capitals (RFC 3986 §3.1).
    ///
    /// A wrong one is not shown: while it cannot be read, any part of it may be a password.
    static func url(_ variable: Variable) -> Setting {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            do throws(BaseURL.Problem) {
                return try BaseURL(variable.value(in: environment)).text
            } catch {
                throw ConfigurationError(
                    variable,
                    "expected an http or https URL without a query; \(error.text)"
                )
            }
        }
    }
}

extension Setting where Value == String? {
    /// Any text, or nil while none is set.
    static func optionalText(_ variable: Variable) -> Setting {
        Setting(variable) { $0.value(setIn: $1) }
    }

    /// A credential, which becomes part of a header line; nil while none is set.
    static func key(_ variable: Variable) -> Setting {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            guard let key = variable.value(setIn: environment) else { return nil }
            guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw ConfigurationError(variable, "holds a character that no key has (a blank?)")
            }
            return key
        }
    }
}

extension Setting where Value == [String] {
    /// Items separated by commas; a wrong one is reported as no such noun.
    static func list(
        _ variable: Variable,
        of noun: String = "item",
        where isItem: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            let items = variable.value(in: environment).split(separator: ",").map { item in
                var item = item.drop { $0 == " " }
                while item.last == " " { item.removeLast() }
                return String(item)
            }.filter { !$0.isEmpty }
            if let wrong = items.first(where: { !isItem($0) }) {
                throw ConfigurationError(
                    variable,
                    "\(ConfigurationError.shown(wrong)) is no \(noun)"
                )
            }
            return items
        }
    }
}

extension Setting {
    /// One of a few words; `parse` returns nil for any other.
    static func choice(
        _ variable: Variable,
        expected: String,
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        Setting(variable) { variable, environment throws(ConfigurationError) in
            let text = variable.value(in: environment)
            if let value = parse(text) { return value }
            throw ConfigurationError(
                variable,
                "expected \(expected), found \(ConfigurationError.shown(text))"
            )
        }
    }

    /// One of a few words, or nil while none is set.
    static func optionalChoice<Word: Sendable>(
        _ variable: Variable,
        expected: String,
        _ parse: @escaping @Sendable (String) -> Word?
    ) -> Setting where Value == Word? {
        let choice = Setting<Word>.choice(variable, expected: expected, parse)
        return Setting(variable) { variable, environment throws(ConfigurationError) in
            guard variable.value(setIn: environment) != nil else { return nil }
            return try choice.value(in: environment)
        }
    }
}
