import Glibc
import Testing

/// Rules of this project that the compiler does not check.
@Suite struct TidyTests {
    @Test func `no source of the daemon imports Foundation`() throws {
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            for line in try Tree.lines(file) where line.contains("import Foundation") {
                Issue.record("\(file): \(line)")
            }
        }
    }

    @Test func `no source file is longer than 350 lines, and what wires a loop than 150`() throws {
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            let count = try Tree.lines(file).count
            let most = file == "Sources/Relay/Worker.swift" ? 150 : 350
            #expect(count <= most, "\(file) has \(count) lines")
        }
        #expect(Tree.exists("Sources/Relay/Worker.swift"))
    }

    @Test func `nothing is left to do later in a comment`() throws {
        let words = ["TO" + "DO", "FIX" + "ME", "try" + "!"]
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            for line in try Tree.lines(file) {
                #expect(!words.contains { line.contains($0) }, "\(file): \(line)")
            }
        }
    }

    @Test func `every unchecked promise of sendability is proved by a sentence`() throws {
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            let lines = try Tree.lines(file)
            for (number, line) in lines.enumerated() where line.contains("@unchecked Sendable") {
                let before = lines[max(0, number - 6)..<number]
                #expect(
                    before.contains { $0.contains("`@unchecked`") },
                    "\(file):\(number + 1) says @unchecked Sendable without saying why it holds"
                )
            }
        }
    }

    @Test func `wire input is never read by the standard library's lenient Int`() throws {
        for file in try Tree.files(under: "Sources/Wire", suffix: ".swift") {
            for line in try Tree.lines(file) where !line.contains("///") {
                #expect(!line.contains(" Int(\""), "\(file): \(line)")
                #expect(!line.contains("Int(text"), "\(file): \(line)")
            }
        }
    }

    @Test func `every variable is explained in the example file and in no other spelling`() throws {
        let known = try Self.variables().filter { $0.file.contains("/Settings/Groups/") }.map(
            \.name
        )
        let explained = try Self.names(in: ".env.example", between: "#", and: "=")
            .filter { $0.allSatisfy { $0.isUppercase || $0 == "_" } }
        #expect(!known.isEmpty)
        #expect(Set(known) == Set(explained))
    }

    @Test func `a variable's name is written once in the sources of the command`() throws {
        var files: [String: String] = [:]
        for (name, file) in try Self.variables() {
            #expect(files[name] == nil, "\(name) is in \(file) and in \(files[name] ?? "")")
            files[name] = file
        }
        #expect(files.count > 30)
    }

    /// The literals of the command that are variables' names, and their files.
    private static func variables() throws -> [(name: String, file: String)] {
        try Tree.files(under: "Sources/sse-relay", suffix: ".swift").flatMap { file in
            try Tree.lines(file).flatMap { line in
                line.split(separator: "\"", omittingEmptySubsequences: false).dropFirst()
                    .filter { word in
                        let isName = word.allSatisfy { $0.isUppercase || $0 == "_" }
                        return isName && word.contains("_") && !word.hasPrefix("_")
                    }
                    .map { (String($0), file) }
            }
        }
    }

    @Test func `the README has at most 220 lines`() throws {
        let count = try Tree.lines("README.md").count
        #expect(count <= 220, "README.md has \(count) lines; what it only names belongs to docs/")
    }

    @Test func `every link of the documentation leads to something`() throws {
        for page in try ["README.md"] + Tree.files(under: "docs", suffix: ".md") {
            for link in try Self.links(in: page) {
                let parts = link.split(separator: "#", omittingEmptySubsequences: false)
                let target = parts[0].isEmpty ? page : Self.path(String(parts[0]), from: page)
                guard Tree.exists(target) else {
                    Issue.record("\(page) links to \(link): there is no \(target)")
                    continue
                }
                guard parts.count > 1 else { continue }
                let anchors = try Self.anchors(in: target)
                #expect(anchors.contains(String(parts[1])), "\(page) links to \(link)")
            }
        }
    }

    /// The targets of relative links, `[text](target)`, also of images.
    private static func links(in page: String) throws -> [String] {
        try Tree.lines(page).flatMap { line in
            line.split(separator: "](", omittingEmptySubsequences: false).dropFirst()
                .compactMap { $0.split(separator: ")", omittingEmptySubsequences: false).first }
                .filter { !$0.contains("://") }
                .map(String.init)
        }
    }

    /// A link's target as a path of the repository.
    private static func path(_ link: String, from page: String) -> String {
        var steps = page.split(separator: "/").dropLast()
        for step in link.split(separator: "/") {
            if step == ".." { steps = steps.dropLast() } else { steps.append(step) }
        }
        return steps.joined(separator: "/")
    }

    /// The headings of a page as GitHub names them in links.
    private static func anchors(in page: String) throws -> Set<String> {
        let headings = try Tree.lines(page).filter { $0.hasPrefix("#") }
        return Set(
            headings.map { heading in
                heading.drop { $0 == "#" }.dropFirst().lowercased()
                    .filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                    .replacing(" ", with: "-")
            }
        )
    }

    private static func names(
        in file: String,
        between start: String,
        and end: Character
    ) throws -> [String] {
        try Tree.lines(file).compactMap { line in
            let text = line.drop { $0 == " " }
            guard text.hasPrefix(start) else { return nil }
            let rest = text.dropFirst(start.count)
            guard let stop = rest.firstIndex(of: end) else { return nil }
            return String(rest[..<stop])
        }
    }
}
