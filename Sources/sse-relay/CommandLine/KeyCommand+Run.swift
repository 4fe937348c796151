import Access
import Loop

extension KeyCommand {
    /// Does what it says, and prints what there is to say.
    ///
    /// - Parameter envFile: the file that the command line names; nil for `.env`.
    /// - Throws: why the file of keys stays as it was.
    func run(envFile: String?) throws {
        let register = KeyRegister(path: try path(envFile))
        switch action {
        case .add(let name, let scopes):
            let key = try register.add(name, scopes)
            Console.error("sse-relay: the key of \(name) follows; it is not shown again")
            Console.out(key.secretText)
        case .remove(let name):
            try register.remove(name)
            Console.error("sse-relay: the key of \(name) is removed; a reload puts that in force")
        case .list:
            let lines = try register.list()
            if !lines.isEmpty { Console.out(lines) }
        }
    }

    private func path(_ envFile: String?) throws(ConfigurationError) -> String {
        if let file { return file }
        let variable = AccessSettings.keys.variable
        guard let path = variable.value(setIn: try Environment.load(envFile)) else {
            throw ConfigurationError(variable, "is not set, and --file names no file of keys")
        }
        return path
    }
}
