import Glibc
import Testing

/// Rules of the house that the compiler does not know.
@Suite struct TidyTests {
    @Test func `no source of the daemon imports Foundation`() throws {
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            for line in try Tree.lines(file) where line.contains("import Foundation") {
                Issue.record("\(file): \(line)")
            }
        }
    }

    @Test func `no source file is longer than 400 lines`() throws {
        for file in try Tree.files(under: "Sources", suffix: ".swift") {
            let count = try Tree.lines(file).count
            #expect(count <= 400, "\(file) has \(count) lines")
        }
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
        let known = try Self.names(
            in: "Sources/sse-relay/Settings/Variable.swift",
            between: "name: \"",
            and: "\""
        )
        let explained = try Self.names(in: ".env.example", between: "#", and: "=")
            .filter { $0.allSatisfy { $0.isUppercase || $0 == "_" } }
        #expect(!known.isEmpty)
        #expect(Set(known) == Set(explained))
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
