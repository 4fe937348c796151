/// What a new environment means for a process that runs: what changes now, and what waits.
struct Reload: Sendable {
    /// What is in force afterwards: what cannot be exchanged is as it was.
    let settings: Settings
    /// The variables whose values are exchanged.
    let exchanged: [Variable]
    /// The variables whose new values need a restart.
    let waiting: [Variable]

    /// Compares what is in force with what has been read; nothing has happened afterwards.
    ///
    /// - Throws: where the new environment would stop a start, or does not go with what needs a
    ///   restart.
    init(from current: Settings, to environment: Environment) throws(ReloadError) {
        do throws(ConfigurationError) {
            _ = try Settings(environment: environment)
        } catch {
            throw .wrong(error)
        }
        let exchangeable = VariableTable.all.filter { $0.change == .reload }
        let fixed = VariableTable.all.filter { $0.change == .restart }
        // Whether a variable is set matters as well: a base URL makes an upstream, though it be the
        // default one.
        exchanged = exchangeable.filter {
            $0.value(setIn: environment) != $0.value(setIn: current.environment)
        }
        waiting = fixed.filter {
            $0.value(in: environment) != $0.value(in: current.environment)
        }
        do throws(ConfigurationError) {
            settings = try Settings(
                environment: environment.keeping(fixed, from: current.environment)
            )
        } catch {
            throw .needsRestart(waiting, error)
        }
    }

    /// Whether another model answers from now on, or in another way.
    var changesModels: Bool {
        let names = Set(ModelSettings.group.variables.map(\.name))
        return exchanged.contains { names.contains($0.name) }
    }
}

/// Why nothing is exchanged.
enum ReloadError: Error, CustomStringConvertible {
    /// A start would fail as well.
    case wrong(ConfigurationError)
    /// A restart would do, but the rest does not go with the values that these variables have now.
    case needsRestart([Variable], ConfigurationError)

    /// One line for the log, without secrets.
    var description: String {
        switch self {
        case .wrong(let error): "\(error)"
        case .needsRestart(let variables, let error):
            "\(error.variable): \(error.problem);"
                + " a restart is needed to change \(variables.names)"
        }
    }
}

extension [Variable] {
    /// The names, as a line of the log has them.
    var names: String { map(\.name).joined(separator: ", ") }
}
