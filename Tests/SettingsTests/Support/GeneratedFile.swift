import Glibc
import Testing

/// A file of the repository, of which all or a part is made from the table of variables.
struct GeneratedFile {
    /// A region of a page that people write around.
    static let start = "<!-- variables: from here on made by the tests, see SettingsTests -->\n"
    static let end = "<!-- variables: until here -->\n"

    /// Relative to the repository.
    let path: String

    /// Compares the file with what it is to be; with `WRITE_GENERATED=1` writes it anew instead.
    func expect(_ text: String) throws {
        if getenv("WRITE_GENERATED") != nil { try write(text) }
        let isUpToDate = try read() == text
        #expect(isUpToDate, "\(path) is not what the table says: \(Self.remedy)")
    }

    /// The same for the part of the file between two marks.
    func expectRegion(_ text: String) throws {
        let page = try read()
        let start = try #require(page.firstRange(of: Self.start), "\(path) has no first mark")
        let end = try #require(page.firstRange(of: Self.end), "\(path) has no last mark")
        let before = page[..<start.lowerBound]
        let after = page[end.upperBound...]
        try expect("\(before)\(Self.start)\(text)\(Self.end)\(after)")
    }

    private static let remedy =
        "WRITE_GENERATED=1 swift test --filter GeneratedFileTests writes it anew"

    private var absolutePath: String {
        let steps = #filePath.split(separator: "/").dropLast(4)
        return "/" + steps.joined(separator: "/") + "/" + path
    }

    private func read() throws -> String {
        let file = try #require(fopen(absolutePath, "r"), "\(path) cannot be read")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private func write(_ text: String) throws {
        let file = try #require(fopen(absolutePath, "w"), "\(path) cannot be written")
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
