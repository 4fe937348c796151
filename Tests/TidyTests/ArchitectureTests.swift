import Testing

/// What `docs/architecture.md` says of the sources, against the sources.
@Suite struct ArchitectureTests {
    private static let page = "docs/architecture.md"
    private static let cModules: Set<String> = [
        "CLinux", "CCurl", "CZlib", "CPCRE2", "COpenSSL",
    ]
    private static let systemModules: Set<String> = ["Glibc", "Dispatch", "Synchronization"]

    @Test func `a target imports what its floor may`() throws {
        let floors = try Self.floors()
        #expect(floors.count == 12)
        let all = Set(floors.keys)
        for (target, allowed) in floors {
            for file in try Tree.files(under: "Sources/\(target)", suffix: ".swift") {
                for module in try Self.imports(of: file) where all.contains(module) {
                    #expect(allowed.contains(module), "\(file) imports \(module)")
                }
            }
        }
    }

    @Test func `what a file imports is a target, a C library or the system`() throws {
        let known = Set(try Self.floors().keys).union(Self.cModules).union(Self.systemModules)
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            for module in try Self.imports(of: file) {
                #expect(known.contains(module), "\(file) imports \(module)")
            }
        }
    }

    @Test func `of the answers only their readers know the server`() throws {
        var readers = 0
        for file in try Tree.files(under: "Sources/Generations", suffix: ".swift")
        where try Self.imports(of: file).contains("HTTPServer") {
            #expect(file.hasPrefix("Sources/Generations/Readers/"), "\(file) imports HTTPServer")
            readers += 1
        }
        #expect(readers > 0)
    }

    @Test(arguments: ["## The way of a request", "## The way of a token"])
    func `each step of a walk is there, and no file is entered twice`(heading: String) throws {
        let steps = try Self.section(heading).filter { $0.hasPrefix("- [") }
        #expect(steps.count > 15)
        var entered: Set<Substring> = []
        for step in steps {
            guard let start = step.firstRange(of: "](../")?.upperBound,
                let end = step[start...].firstIndex(of: ")"),
                let colon = step[end...].firstRange(of: " – ")?.lowerBound
            else {
                Issue.record("no step: \(step)")
                continue
            }
            let file = step[start..<end]
            #expect(entered.insert(file).inserted, "\(file) is entered twice")
            let names = step[end..<colon].split(separator: "`").filter {
                $0.allSatisfy { $0.isLetter || $0.isNumber }
            }
            #expect(!names.isEmpty, "\(step)")
            let source = try Tree.lines(String(file))
            for name in names {
                let isThere = source.contains {
                    name == "init"
                        ? $0.contains("init(") || $0.contains("init?(")
                        : $0.contains("func \(name)(") || $0.contains("func \(name)<")
                }
                #expect(isThere, "\(file) has no function \(name)")
            }
        }
    }

    @Test func `what plugs a feature in is there`() throws {
        let rows = try Self.section("## Where do I add …").filter { $0.hasPrefix("| ") }.dropFirst()
        #expect(rows.count >= 10)
        let sources = try Tree.files(under: "Sources", suffix: ".swift").flatMap(Tree.lines)
        for row in rows {
            for word in row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            where word.offset % 2 == 1 {
                if word.element.hasPrefix("Sources/") {
                    #expect(Tree.exists(String(word.element)), "there is no \(word.element)")
                } else if let name = word.element.split(separator: ".").last,
                    word.element.first?.isUppercase == true
                {
                    #expect(
                        sources.contains { Self.declares(name, in: $0) },
                        "nothing is called \(word.element)"
                    )
                }
            }
        }
    }

    private static func declares(_ name: Substring, in line: Substring) -> Bool {
        let keywords = ["func", "var", "let", "class", "struct", "enum", "protocol", "case"]
        return keywords.contains { line.contains("\($0) \(name)") }
    }

    /// The targets, each with those that it may import.
    private static func floors() throws -> [String: Set<String>] {
        var floors: [String: Set<String>] = [:]
        var isBelow: Set<String> = []
        for row in try section("## Floors") {
            let cells = row.split(separator: "|").map { $0.drop { $0 == " " } }
            guard cells.count == 4, let target = words(cells[1]).first else { continue }
            let named = Set(words(cells[3]))
            floors[target] = cells[3].hasPrefix("all") ? isBelow : named
            #expect(named.isSubset(of: isBelow), "\(target) imports what comes after it")
            isBelow.insert(target)
        }
        return floors
    }

    /// What is written as code in a text.
    private static func words(_ text: Substring) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private static func section(_ heading: String) throws -> [Substring] {
        let lines = try Tree.lines(page)
        guard let start = lines.firstIndex(where: { $0 == heading }) else { return [] }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
    }

    private static func imports(of file: String) throws -> [String] {
        try Tree.lines(file).compactMap { line in
            let words = line.split(separator: " ").drop {
                $0.hasPrefix("@") || $0 == "package" || $0 == "public"
            }
            guard words.first == "import", line.first != " " else { return nil }
            return words.last.map(String.init)
        }
    }
}
