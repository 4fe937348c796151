import Generations

/// What answers go through before anybody reads them.
struct FilterSettings: Sendable {
    /// Nil where no file is named.
    let filters: FilterList?

    init(_ environment: Environment) throws(ConfigurationError) {
        filters = try Self.file.value(in: environment)
    }
}

extension FilterSettings {
    static let group = VariableGroup("Filters", [file.variable])

    static let file = Setting<FilterList?>(
        Variable(
            "RELAY_FILTERS_FILE",
            example: "/etc/sse-relay/filters.json",
            summary: "a JSON file of filters: what is replaced, masked or blocked in answers",
            words: """
                A JSON file of filters that answers go through before anybody reads them: words \
                and patterns that are replaced or blocked, masks, text at the end, a prefix for \
                the system prompt. [Filters](operating.md#filters) explains it. A reload reads it \
                again.
                """
        )
    ) { variable, environment throws(ConfigurationError) in
        guard let path = variable.value(setIn: environment) else { return nil }
        do throws(FilterFileError) {
            // Read as at a reload, which could not read a pipe again.
            let text: String
            do throws(ConfigurationError) {
                text = try Environment.readFile(path, mustExist: true, isAgain: true) ?? ""
            } catch {
                throw FilterFileError("\(path) \(error.problem)")
            }
            let rules = try FilterFile.parse(text, name: path)
            do throws(FilterError) {
                return try FilterList(rules)
            } catch {
                let place = FilterFile.place(of: error.rule, in: path)
                throw FilterFileError(
                    "\(place), at byte \(error.pattern.offset) of its pattern:"
                        + " \(error.pattern.message)"
                )
            }
        } catch {
            throw ConfigurationError(variable, error.description)
        }
    }
}
