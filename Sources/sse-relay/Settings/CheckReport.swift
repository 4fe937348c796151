import Generations
import Relay
import Upstream

/// What `--check` prints: every variable with the value in force, secrets masked, who answers,
/// and what looks wrong.
struct CheckReport {
    let settings: Settings
    /// Where the proxies are named: not in the configuration's own environment, which a file may
    /// add to.
    var proxies = ProxyVariables.ofProcess

    var text: String {
        var text = ""
        for variable in VariableTable.all {
            let isSet = variable.value(setIn: settings.environment) != nil
            text += "\(variable.name)=\(shown(variable))\(isSet ? "" : "  # default")\n"
        }
        let answering = settings.models.descriptions
        for line in answering.isEmpty ? ["the built-in simulator answers"] : answering {
            text += "# \(line)\n"
        }
        for upstream in settings.models.upstreams where !upstream.bypassesProxy {
            guard let proxy = proxies.proxy(for: upstream.baseURL) else { continue }
            let url = Redaction.clean(address: proxy.url)
            text += "# \(upstream.name) is reached through the proxy \(url) (\(proxy.variable))\n"
        }
        for upstream in settings.models.upstreams {
            if let warning = BaseURLAdvice(upstream).warning { text += "# warning: \(warning)\n" }
        }
        for warning in settings.unreadNames { text += "# warning: \(warning)\n" }
        let notes = [
            settings.models.precedence(in: settings.environment), settings.calls.warning,
        ]
        for note in notes.compactMap({ $0 }) { text += "# \(note)\n" }
        return text + "# \(UpstreamClient.version)\n"
    }

    private func shown(_ variable: Variable) -> String {
        let value = variable.value(in: settings.environment)
        return switch variable.content {
        case .secret: value.isEmpty ? value : Self.mask(value)
        case .address: Redaction.clean(address: value)
        case .plain: Redaction.clean(value)
        }
    }

    /// Enough to tell two keys apart, and no more.
    private static func mask(_ secret: String) -> String {
        secret.utf8.count > 12 ? "***" + secret.suffix(4) : "***"
    }
}
