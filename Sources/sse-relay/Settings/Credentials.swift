import Glibc
import Loop

/// The values that systemd hands over as files which the service's user alone can read
/// (`LoadCredential=`, systemd.exec(5)).
///
/// A variable shows up in `systemctl show` and in what others can read of the process; these do
/// not.
enum Credentials {
    /// Where systemd says in which folder they are.
    static let folderVariable = "CREDENTIALS_DIRECTORY"

    /// Reads each file that has the name of a variable; its value ends before a last newline.
    ///
    /// Files of other names are for other programs.
    ///
    /// - Throws: where one cannot be read, or holds what no variable can.
    static func read(in folder: String) throws(ConfigurationError) -> [String: String] {
        var values: [String: String] = [:]
        for name in try names(in: folder) where isVariable(name) {
            let path = "\(folder)/\(name)"
            var text = try Environment.readFile(path, mustExist: true, isAgain: true) ?? ""
            if text.utf8.last == UInt8(ascii: "\n") { text.unicodeScalars.removeLast() }
            if text.utf8.last == UInt8(ascii: "\r") { text.unicodeScalars.removeLast() }
            guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw ConfigurationError(path, "holds more than one line, or control characters")
            }
            values[name] = text
        }
        return values
    }

    /// Whether a name is spelt as variables are.
    private static func isVariable(_ name: String) -> Bool {
        name.utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
    }

    private static func names(in folder: String) throws(ConfigurationError) -> [String] {
        guard let stream = opendir(folder) else {
            throw ConfigurationError(
                folderVariable,
                "its folder cannot be read: \(errorText(errno))"
            )
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names.sorted()
    }
}
