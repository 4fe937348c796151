import CLinux
import Glibc

/// The variables of the process and of a file; the process's win.
struct Environment: Sendable {
    private let values: [String: String]

    init(_ values: [String: String]) {
        self.values = values
    }

    /// A variable's value; nil where it is not set or empty, which `.env` files use for "not set".
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// Whether a variable is set, even to nothing.
    func isSet(_ name: String) -> Bool { values[name] != nil }

    /// Reads the process's variables and a file.
    ///
    /// - Parameter path: a file that must be there, or nil for `.env` where there is one.
    /// - Returns: all of them together.
    /// - Throws: a file that cannot be read, or a `RELAY_` name that means nothing.
    static func load(_ path: String?) throws(ConfigurationError) -> Environment {
        var values = try fileValues(path)
        let own = processValues()
        values.merge(own) { $1 }
        let known = Set(Variable.all.map(\.name))
        // A misspelt name would silently mean its default.
        for name in values.keys.sorted() where name.hasPrefix("RELAY_") && !known.contains(name) {
            throw ConfigurationError(name, "is not known; sse-relay --help lists the variables")
        }
        return Environment(values)
    }

    private static func fileValues(
        _ path: String?
    ) throws(ConfigurationError) -> [String: String] {
        let name = path ?? ".env"
        guard let text = readFile(name) else {
            guard path != nil else { return [:] }
            throw ConfigurationError("--env-file", "\(name) cannot be read")
        }
        return try DotEnv.parse(text, name: name)
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

    private static func readFile(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: piece[..<count])
        }
    }
}
