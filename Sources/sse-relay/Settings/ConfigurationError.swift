/// A variable that stops the start: which, what is wrong with its value, and one that would do.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    let variable: String
    let problem: String
    let example: String?

    init(_ variable: String, _ problem: String, example: String? = nil) {
        self.variable = variable
        self.problem = problem
        self.example = example
    }

    var description: String {
        "\(variable): \(problem)" + (example.map { "; for example \(variable)=\($0)" } ?? "")
    }
}
