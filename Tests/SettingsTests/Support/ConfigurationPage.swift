@testable import sse_relay

/// The tables of `docs/configuration.md`.
enum ConfigurationPage {
    static var tables: String {
        VariableTable.groups.map(table).joined()
    }

    private static func table(_ group: VariableGroup) -> String {
        var text = """

            ## \(group.title)

            | variable | default | |
            |---|---|---|

            """
        for variable in group.variables { text += row(variable) }
        if !group.closingWords.isEmpty { text += "\n\(group.closingWords)\n" }
        return text
    }

    private static func row(_ variable: Variable) -> String {
        let fallback = variable.fallback.isEmpty ? "" : "`\(variable.fallback)`"
        return "| `\(variable.name)` | \(fallback) | \(variable.words) |\n"
    }
}
