import Generations
import Relay
import Upstream

/// What `--check` prints.
extension Settings {
    /// Every variable with the value in force, secrets masked wherever they stand, and who answers.
    var report: String {
        var text = ""
        for variable in Variable.all {
            let isSet = environment.isSet(variable.name)
            let value = environment[variable.name] ?? (isSet ? "" : variable.fallback)
            let shown =
                switch variable.kind {
                case .secret: value.isEmpty ? value : Self.mask(value)
                case .address: Redaction.clean(address: value)
                case .plain: Redaction.clean(value)
                }
            text += "\(variable.name)=\(shown)\(isSet ? "" : "  # default")\n"
        }
        text += "# \(upstreams.isEmpty ? "the built-in simulator answers" : answering)\n"
        return text + "# \(UpstreamClient.version)\n"
    }

    private var answering: String {
        upstreams.map(Self.shown).joined(separator: "\n# ")
    }

    /// Who answers, without what a URL says beside where to.
    static func shown(_ upstream: RelayConfiguration.Upstream) -> String {
        let url = Redaction.clean(address: upstream.baseURL)
        return "\(upstream.name) answers as \(Redaction.clean(upstream.model)) at \(url)"
    }

    /// Enough to tell two keys apart, and no more.
    private static func mask(_ secret: String) -> String {
        secret.utf8.count > 12 ? "***" + secret.suffix(4) : "***"
    }
}
