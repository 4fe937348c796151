import Testing

/// Rules about names, and about where the parts of a type are.
@Suite struct DeclarationTests {
    private struct Declaration {
        let keyword: Substring
        let name: Substring
        let file: String

        /// The target: the folder below `Sources`.
        var target: Substring { file.split(separator: "/")[1] }
        var folder: String { file.split(separator: "/").dropLast().joined(separator: "/") }
    }

    private static let types: Set<Substring> = ["struct", "class", "enum", "protocol", "actor"]
    private static let modifiers: Set<Substring> = ["package", "public", "final", "indirect"]

    /// Files that extend a class of another folder, by what they add.
    private static let exceptions: Set<String> = [
        // HTTPServer knows nothing of whole answers.
        "Sources/Generations/Readers/WholeAnswer.swift"
    ]

    @Test func `no comment line is wider than 100 columns`() throws {
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            for (number, line) in try Tree.lines(file).enumerated() {
                guard line.drop(while: { $0 == " " }).hasPrefix("//") else { continue }
                #expect(line.count <= 100, "\(file):\(number + 1) has \(line.count) columns")
            }
        }
    }

    @Test func `no two targets have a type of the same name`() throws {
        var first: [Substring: Declaration] = [:]
        for one in try Self.declarations() where Self.types.contains(one.keyword) {
            guard let other = first[one.name] else {
                first[one.name] = one
                continue
            }
            #expect(one.target == other.target, "\(one.name): \(one.file), \(other.file)")
        }
        #expect(first.count > 100)
    }

    @Test func `a class is extended in its own folder alone`() throws {
        let all = try Self.declarations()
        var folders: [Substring: String] = [:]
        for one in all where one.keyword == "class" { folders[one.name] = one.folder }
        for one in all where one.keyword == "extension" {
            guard let folder = folders[one.name], folder != one.folder else { continue }
            #expect(Self.exceptions.contains(one.file), "\(one.file) extends \(one.name)")
        }
    }

    /// The declarations at the top level of a file that are not private.
    private static func declarations() throws -> [Declaration] {
        try Tree.files(under: "Sources", suffix: ".swift").flatMap { file in
            try Tree.lines(file).compactMap { line in
                let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                    .drop { modifiers.contains($0) }
                guard line.first?.isLetter == true, words.count > 1, let keyword = words.first,
                    types.contains(keyword) || keyword == "extension"
                else { return nil }
                let name = words[words.startIndex + 1]
                return Declaration(keyword: keyword, name: name, file: file)
            }
        }
    }
}
