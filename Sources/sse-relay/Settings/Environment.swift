import CLinux
import Glibc
import Loop

/// The variables of the process, of a file and of systemd's credentials: a credential wins, then
/// the process.
struct Environment: Sendable {
    private var values: [String: String]
    /// The file that was read; nil where none was.
    let file: String?
    /// The file that names the upstreams; nil where no variable names one.
    let upstreams: UpstreamsFile?

    init(_ values: [String: String], file: String? = nil, upstreams: UpstreamsFile? = nil) {
        self.values = values
        self.file = file
        self.upstreams = upstreams
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
    /// - Parameters:
    ///   - path: a file that must exist, or nil for `.env` if there is one.
    ///   - isAgain: whether a process reads it that serves already. Then only a regular file will
    ///     do: a pipe has nothing left of what the start read, and may have nobody who writes.
    /// - Returns: all of them together.
    /// - Throws: if the file cannot be read, or a `RELAY_` name is not known.
    static func load(
        _ path: String?,
        isAgain: Bool = false
    ) throws(ConfigurationError) -> Environment {
        let name = path ?? ".env"
        let text = try readFile(name, mustExist: path != nil, isAgain: isAgain)
        var values =
            try text.map { text throws(ConfigurationError) in
                try DotEnv.parse(text, name: name)
            } ?? [:]
        let own = processValues()
        values.merge(own) { $1 }
        if let folder = own[Credentials.folderVariable] {
            values.merge(try Credentials.read(in: folder)) { $1 }
        }
        try checkNames(values)
        try checkQuotes(values)
        var upstreams: UpstreamsFile?
        if let path = values[ModelSettings.upstreamsFile.name], !path.isEmpty {
            let text = try readFile(path, mustExist: true, isAgain: isAgain) ?? ""
            upstreams = UpstreamsFile(path: path, text: text)
        }
        return Environment(values, file: text == nil ? nil : name, upstreams: upstreams)
    }

    /// A misspelt name would silently mean the default.
    private static func checkNames(_ values: [String: String]) throws(ConfigurationError) {
        let known = Set(VariableTable.all.map(\.name))
        for name in values.keys.sorted() where name.hasPrefix("RELAY_") && !known.contains(name) {
            let advice = NameAdvice.variable(like: name).map { "did you mean \($0.name)?" }
            let words = advice ?? "sse-relay --help lists the variables"
            throw ConfigurationError(name, "is not known; \(words)")
        }
    }

    /// docker's `--env-file` leaves quotes where they are, and a key in quotes is refused by
    /// whoever gets it, without a hint.
    private static func checkQuotes(_ values: [String: String]) throws(ConfigurationError) {
        for variable in VariableTable.all {
            guard let value = values[variable.name], isQuoted(value) else { continue }
            throw ConfigurationError(variable, "is \(quotesProblem)")
        }
    }

    /// Whether a value is in quotes.
    static func isQuoted(_ value: String) -> Bool {
        let bytes = value.utf8
        guard bytes.count > 1, let quote = bytes.first, bytes.last == quote else { return false }
        return quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
    }

    /// What is wrong with such a value.
    static let quotesProblem =
        "in quotes, which docker's --env-file takes for a part of the value; write it without them"

    /// Finds names that somebody may have meant to be read and that are not.
    ///
    /// - Parameter others: the names that a file of upstreams gives to keys.
    /// - Returns: a sentence for each.
    func unreadNames(but others: Set<String>) -> [String] {
        let known = Set(VariableTable.all.map(\.name)).union(others)
        return values.keys.sorted().filter { !known.contains($0) }.compactMap { name in
            if let meant = NameAdvice.variable(like: name) {
                // Another program may want its own name, too.
                guard meant.value(setIn: self) == nil else { return nil }
                return "\(name) is not read; did you mean \(meant.name)?"
            }
            return NameAdvice.isVendors(name) ? "\(name) is not read" : nil
        }
    }

    private static func processValues() -> [String: String] {
        var values: [String: String] = [:]
        var entry = linux_environment()
        while let text = entry?.pointee {
            // By bytes: what follows the sign may combine with it to one character.
            let parts = String(cString: text).utf8.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            if parts.count == 2 {
                values[String(Substring(parts[0]))] = String(Substring(parts[1]))
            }
            entry = entry?.successor()
        }
        return values
    }

    /// Reads a whole file; nil if it does not exist and need not.
    ///
    /// A file that exists but cannot be read is always an error: the key may be in it, and without
    /// a key the simulator would answer.
    static func readFile(
        _ path: String,
        mustExist: Bool,
        isAgain: Bool
    ) throws(ConfigurationError) -> String? {
        let found: [UInt8]?
        do throws(SystemCallError) {
            // Nobody waits for the other end of a pipe.
            let flags = O_RDONLY | O_CLOEXEC | (isAgain ? O_NONBLOCK : 0)
            let file = Descriptor(owning: try check("open") { open(path, flags) })
            let isSpent = try isAgain ? isPipe(file) : false
            found = isSpent ? nil : try contents(of: file)
        } catch {
            // A folder named .env is common, too: Python keeps an environment there.
            if !mustExist, error.code == ENOENT || error.code == EISDIR { return nil }
            throw ConfigurationError(path, "cannot be read: \(errorText(error.code))")
        }
        guard let found else {
            throw ConfigurationError(path, "is a pipe, which cannot be read again; a restart can")
        }
        guard let text = String(validating: found, as: UTF8.self) else {
            throw ConfigurationError(path, "is not UTF-8; save it so")
        }
        return text
    }

    private static func isPipe(_ file: borrowing Descriptor) throws(SystemCallError) -> Bool {
        var status = stat()
        _ = try check("fstat") { fstat(file.number, &status) }
        return status.st_mode & S_IFMT == S_IFIFO
    }

    private static func contents(of file: borrowing Descriptor) throws(SystemCallError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try check("read") { Int32(read(file.number, &piece, piece.count)) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: piece[..<Int(count)])
        }
    }
}
