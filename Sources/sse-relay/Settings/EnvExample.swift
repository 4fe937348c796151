/// The text of `.env.example`: the words of every variable, and below them an example to uncomment.
enum EnvExample {
    private static let columns = 100

    static var text: String {
        var text = comment(
            """
            sse-relay: every variable with its default. Copy this to `.env` in the folder where \
            the relay is started, or name a file with --env-file. A value goes to the end of its \
            line, without quotes, as systemd and docker read it. Variables of the process win \
            over a file. At SIGHUP the relay reads the file again, and takes over all variables \
            but those that say that they need a restart. `sse-relay --check` prints what is in \
            force, and `sse-relay --env-example` this text.
            """
        )
        for group in VariableTable.groups {
            text += "\n" + heading(group.title)
            for variable in group.variables { text += "\n" + entry(variable) }
            if !group.closingWords.isEmpty { text += "\n" + comment(group.closingWords) }
        }
        return text
    }

    private static func heading(_ title: String) -> String {
        let start = "# ---- \(title) "
        return start + String(repeating: "-", count: columns - start.count) + "\n"
    }

    private static func entry(_ variable: Variable) -> String {
        let note = variable.change == .restart ? " Needs a restart." : ""
        return comment(variable.words + note) + "#\(variable.name)=\(variable.example)\n"
    }

    /// A paragraph, as lines that begin with `# ` and fit the columns.
    private static func comment(_ words: String) -> String {
        var text = ""
        var line = "#"
        for word in words.split(separator: " ") {
            if line.count + 1 + word.count > columns {
                text += line + "\n"
                line = "#"
            }
            line += " " + word
        }
        return text + line + "\n"
    }
}
