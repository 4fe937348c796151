import Generations
import Relay

/// Why a configuration cannot be used: the variable, its problem, and a value that would do.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// The variable; or the file, if the problem is not one variable's.
    let variable: String
    let problem: String
    let example: String?

    /// Describes what is wrong with a file.
    init(_ place: String, _ problem: String) {
        variable = place
        self.problem = problem
        example = nil
    }

    /// Describes what is wrong with a variable.
    ///
    /// - Parameters:
    ///   - variable: the one that is wrong.
    ///   - problem: the rest of a sentence that begins with its name, without secrets.
    ///   - example: a value that would do; the variable's own where nil.
    init(_ variable: Variable, _ problem: String, example: String? = nil) {
        self.variable = variable.name
        self.problem = problem
        self.example = example ?? (variable.example.isEmpty ? nil : variable.example)
    }

    var description: String {
        "\(variable): \(problem)" + (example.map { "; for example \(variable)=\($0)" } ?? "")
    }

    /// A wrong value as a message may show it.
    static func shown(_ value: String) -> String { Redaction.clean(address: value) }
}
