/// What `--help` and `--version` print.
enum Help {
    static let number = "0.1.0"

    static let version = "sse-relay \(number)"

    static var text: String {
        var text = """
            sse-relay \(number): relays a language model's stream as Server-Sent Events.

            Usage: sse-relay [--env-file PATH] [--check | --env-example | --help | --version]

              --env-file PATH  read variables from PATH instead of .env in this folder
              --check          print the configuration in force, with secrets masked, and exit
              --env-example    print .env.example, with every variable explained, and exit
              --help           print this and exit
              --version        print the version and exit

            Variables (from the environment, else from .env; --env-example explains each):

            """
        for variable in VariableTable.all {
            let value = variable.fallback.isEmpty ? "" : " [\(variable.fallback)]"
            let mark = variable.change == .restart ? " (restart)" : ""
            text += "  \(variable.name)\(value)\(mark)\n      \(variable.summary)\n"
        }
        text += """

            Signals: SIGTERM and SIGINT stop accepting and let answers end within \(ProcessSettings.drainSeconds.name);
            a second one ends them at once. SIGHUP reads the variables again and takes over those
            that are not marked "restart". SIGUSR1 logs what is running.
            Exit: 0 after a stop, 1 on failure, 64 on a wrong argument, 78 on a wrong variable.

            """
        return text
    }
}
