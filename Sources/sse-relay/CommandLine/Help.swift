import Access

/// What `--help` and `--version` print.
enum Help {
    static let number = "0.1.0"

    static let version = "sse-relay \(number)"

    static var text: String {
        var text = """
            sse-relay \(number): relays a language model's stream as Server-Sent Events.

            Usage: sse-relay [--env-file PATH] [--check | --env-example | --help | --version]
                   sse-relay [--env-file PATH] key add NAME [--scopes LIST] [--file PATH]
                   sse-relay [--env-file PATH] key list [--file PATH]
                   sse-relay [--env-file PATH] key remove NAME [--file PATH]
                   sse-relay [--env-file PATH] history list [--owner NAME] [--json]
                   sse-relay [--env-file PATH] history show ID [--owner NAME]
                   sse-relay [--env-file PATH] history export [ID] [--owner NAME]
                             [--format jsonl|markdown] [--output FILE]
                   sse-relay [--env-file PATH] history delete ID [--owner NAME]
                   sse-relay [--env-file PATH] history compact
                   sse-relay [--env-file PATH] history verify [--json]
                   sse-relay [--env-file PATH] history repair [--dry-run]

              --env-file PATH  read variables from PATH instead of .env in this folder
              --check          print the configuration in force, with secrets masked, and exit
              --env-example    print .env.example, with every variable explained, and exit
              --help           print this and exit
              --version        print the version and exit

              key add NAME     make an API key, print it once, and keep its digest in the file
              key list         print names, ids, scopes and expiry of the keys
              key remove NAME  remove a key; the relay refuses it from its next reload on
              --scopes LIST    what it may do, of \(Scope.words)
                               [\(Scopes.common.words.joined(separator: ","))]
              --file PATH      the file of keys, instead of the one that \(AccessSettings.keys.name) names

              history list     list the conversations in the files, also while a relay runs
              history show     print one conversation
              history export   write the records of one conversation, or all, without keys
              history delete   delete a conversation; a relay that runs is asked to
              history compact  wait until deleted records are gone from the files
              history verify   read every file; the exit is 1 if something is damaged
              history repair   set damage aside, in files beside; the relay has to be stopped
              --owner NAME     whose; '' for those of nobody
              --data PATH      the data folder, instead of the one that \(StorageSettings.dataFolder.name) names

            Variables (from systemd's credentials, the environment, else .env; --env-example explains each):

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
