import Generations

/// What a new environment means for a process that runs: what changes now, and what waits.
struct Reload: Sendable {
    /// What is in force afterwards: new values where they can be exchanged, else the present ones.
    let settings: Settings
    /// The variables whose values are exchanged.
    private(set) var exchanged: [Variable]
    /// The variables whose new values need a restart.
    let waiting: [Variable]

    /// Compares the values in force with those that were read, and changes nothing.
    ///
    /// - Throws: if a start would refuse the new environment, or if it contradicts a value that
    ///   only a restart changes.
    init(from current: Settings, to environment: Environment) throws(ReloadError) {
        do throws(ConfigurationError) {
            _ = try Settings(environment: environment)
        } catch {
            throw .wrong(error)
        }
        let exchangeable = VariableTable.all.filter { $0.change == .reload }
        let fixed = VariableTable.all.filter { $0.change == .restart }
        // It also counts whether a variable is set at all: a base URL brings its upstream into use
        // even if it is the default one.
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
        // A file may have changed though its name has not, and so may a key that it names.
        if settings.models.upstreams != current.models.upstreams, settings.models.file != nil {
            exchange(ModelSettings.upstreamsFile.variable)
        }
        if settings.filtering.filters?.rules != current.filtering.filters?.rules {
            exchange(FilterSettings.file.variable)
        }
        if settings.access.keys != current.access.keys { exchange(AccessSettings.keys.variable) }
        if settings.access.tokens?.keyText != current.access.tokens?.keyText,
            TokenSettings.keyFile.variable.value(setIn: settings.environment) != nil
        {
            exchange(TokenSettings.keyFile.variable)
        }
        // A file may be read while it is written: everybody must not be let in because of that.
        guard settings.access.areCallersKnown || !current.access.areCallersKnown else {
            throw .everybodyIsLetIn
        }
        // A file may be read while it is written: invented answers must not take the place of a
        // model's because of that.
        let wasAsked = !current.models.upstreams.isEmpty
        guard wasAsked, settings.models.upstreams.isEmpty else { return }
        guard settings.models.chosen == .simulator else { throw .nobodyAnswers }
    }

    /// Counts a variable among those that are exchanged.
    private mutating func exchange(_ variable: Variable) {
        guard !exchanged.contains(where: { $0.name == variable.name }) else { return }
        exchanged.append(variable)
    }

    /// Whether another model may answer from now on.
    var changesModels: Bool {
        let names = Set(ModelSettings.group.variables.map(\.name))
        return exchanged.contains { names.contains($0.name) }
    }
}

/// Why nothing is exchanged.
enum ReloadError: Error, CustomStringConvertible {
    /// A start with the new environment would fail, too.
    case wrong(ConfigurationError)
    /// A start would succeed, but the new values contradict what these variables are until then.
    case needsRestart([Variable], ConfigurationError)
    /// No upstream is left, and nobody has asked for the simulator by name.
    case nobodyAnswers
    /// Neither keys nor tokens are left, and anybody could ask.
    case everybodyIsLetIn

    /// One line for the log, without secrets.
    var description: String {
        switch self {
        case .wrong(let error): "\(error)"
        case .needsRestart(let variables, let error):
            "\(error.variable): \(error.problem);"
                + " a restart is needed to change \(variables.names)"
        case .everybodyIsLetIn:
            "no keys and no tokens are left, and anybody could ask; a restart lets them in"
        case .nobodyAnswers:
            "no key and no base URL is left, and the simulator would answer;"
                + " \(ModelSettings.source.name)=simulator asks for it"
        }
    }
}

extension [Variable] {
    /// The names, as a line of the log has them.
    var names: String { map(\.name).joined(separator: ", ") }
}
