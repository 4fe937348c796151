@testable import sse_relay

/// The tables of `docs/configuration.md`.
enum ConfigurationPage {
    static var tables: String {
        VariableTable.groups.map(table).joined()
    }

    private static func table(_ group: VariableGroup) -> String {
        var text = """

            ## \(group.title)

            | variable | default | | takes effect |
            |---|---|---|---|

            """
        for variable in group.variables { text += row(variable) }
        if !group.closingWords.isEmpty { text += "\n\(group.closingWords)\n" }
        return text
    }

    private static func row(_ variable: Variable) -> String {
        let fallback = variable.fallback.isEmpty ? "" : "`\(variable.fallback)`"
        let effect =
            switch variable.change {
            case .reload: "at a reload"
            case .restart: "at a restart"
            }
        return "| `\(variable.name)` | \(fallback) | \(variable.words) | \(effect) |\n"
    }
}
