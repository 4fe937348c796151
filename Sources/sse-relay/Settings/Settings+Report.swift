import Relay
import Upstream

/// What `--check` prints.
extension Settings {
    /// Every variable with the value in force, secrets masked, and who answers.
    var report: String {
        var text = ""
        for variable in Variable.all {
            let isSet = environment.isSet(variable.name)
            let value = environment[variable.name] ?? (isSet ? "" : variable.fallback)
            let shown = variable.isSecret && !value.isEmpty ? Self.mask(value) : value
            text += "\(variable.name)=\(shown)\(isSet ? "" : "  # default")\n"
        }
        text += "# \(upstreams.isEmpty ? "the built-in simulator answers" : answering)\n"
        return text + "# \(UpstreamClient.version)\n"
    }

    private var answering: String {
        upstreams.map { "\($0.name) answers as \($0.model) at \($0.baseURL)" }
            .joined(separator: "\n# ")
    }

    /// Enough to tell two keys apart, and no more.
    private static func mask(_ secret: String) -> String {
        secret.utf8.count > 12 ? "***" + secret.suffix(4) : "***"
    }
}
