import CLinux
import Glibc
import Loop

/// The variables of the process and of a file; those of the process win.
struct Environment: Sendable {
    private var values: [String: String]
    /// The file that was read; nil where none was.
    let file: String?

    init(_ values: [String: String], file: String? = nil) {
        self.values = values
        self.file = file
    }

    /// A variable's value, which may be empty; nil where it is not set.
    subscript(name: String) -> String? { values[name] }

    /// A copy in which some variables are as another environment has them.
    func keeping(_ variables: [Variable], from other: Environment) -> Environment {
        var kept = self
        for variable in variables { kept.values[variable.name] = other[variable.name] }
        return kept
    }

    /// Reads the variables of the process and of a file.
    ///
    /// - Parameter path: a file that must exist, or nil for `.env` if there is one.
    /// - Returns: all of them together.
    /// - Throws: if the file cannot be read, or a `RELAY_` name is not known.
    static func load(_ path: String?) throws(ConfigurationError) -> Environment {
        let name = path ?? ".env"
        let text = try readFile(name, mustExist: path != nil)
        var values =
            try text.map { text throws(ConfigurationError) in
                try DotEnv.parse(text, name: name)
            } ?? [:]
        values.merge(processValues()) { $1 }
        let known = Set(VariableTable.all.map(\.name))
        // A misspelt name would silently mean the default.
        for name in values.keys.sorted() where name.hasPrefix("RELAY_") && !known.contains(name) {
            throw ConfigurationError(name, "is not known; sse-relay --help lists the variables")
        }
        return Environment(values, file: text == nil ? nil : name)
    }

    private static func processValues() -> [String: String] {
        var values: [String: String] = [:]
        var entry = linux_environment()
        while let text = entry?.pointee {
            let parts = String(cString: text).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            entry = entry?.successor()
        }
        return values
    }

    /// Reads a whole file; nil if it does not exist and need not.
    ///
    /// A file that exists but cannot be read is always an error: the key may be in it, and without
    /// a key the simulator would answer.
    private static func readFile(
        _ path: String,
        mustExist: Bool
    ) throws(ConfigurationError) -> String? {
        do throws(SystemCallError) {
            return try contents(of: path)
        } catch {
            // A folder named .env is common, too: Python keeps an environment there.
            if !mustExist, error.code == ENOENT || error.code == EISDIR { return nil }
            throw ConfigurationError(path, "cannot be read: \(errorText(error.code))")
        }
    }

    private static func contents(of path: String) throws(SystemCallError) -> String {
        let file = Descriptor(owning: try check("open") { open(path, O_RDONLY | O_CLOEXEC) })
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try check("read") { Int32(read(file.number, &piece, piece.count)) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: piece[..<Int(count)])
        }
    }
}
