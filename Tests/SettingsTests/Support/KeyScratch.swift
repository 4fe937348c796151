import TestSupport

/// A file of keys in a folder of the test's own, gone with it.
final class KeyScratch: Sendable {
    let folder: String

    /// Makes the file with a text; without one, only the folder.
    init(_ text: String? = nil) throws {
        folder = try makeFolder()
        if let text { write(text) }
    }

    deinit { removeTree(folder) }

    var path: String { "\(folder)/keys.json" }

    var text: String { String(decoding: readFile(path), as: UTF8.self) }

    func write(_ text: String) { writeFile(path, Array(text.utf8)) }
}
