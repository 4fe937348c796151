import Glibc
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1)))
struct TornTailTests {
    /// Opens what `content` left behind, appends one record, and gives back what was reported.
    private func reopen(_ scratch: Scratch, _ content: [UInt8]) throws -> [HistoryReport] {
        scratch.write(content)
        let reports = Reports()
        let history = try HistoryFile(directory: scratch.path, report: reports.add)
        history.append(bytes("next"))
        history.close()
        return reports.all
    }

    @Test
    func `a last line torn at any byte is set aside and never harms the next record`() throws {
        let whole = bytes("{\"a\":1}\n")
        let last = bytes("{\"text\":\"grüße\"}")
        for cut in 1..<last.count {
            let scratch = Scratch()
            let reports = try reopen(scratch, whole + last[..<cut])
            #expect(scratch.lines() == ["{\"a\":1}", "next"])
            guard case .tornTail(let name, cut)? = reports.first, reports.count == 1 else {
                Issue.record("cut at \(cut): \(reports)")
                continue
            }
            #expect(name.hasPrefix(scratch.path() + ".torn-"))
            let short = String(name.dropFirst(scratch.path.count + 1))
            #expect(scratch.names() == ["history.jsonl", short])
            #expect(scratch.read(short) == Array(last[..<cut]))
        }
    }

    @Test(arguments: [
        "{\"text\":\"grüße\"}", "{\"a\":1} \r",
        "{\"id\":\"half{\"id\":\"x\",\"conversation\":\"c\"}",
        "{\"id\":\"x\",\"conversation\":\"c\"}garbage",
    ])
    func `a last line that lacks its end alone is kept`(last: String) throws {
        let scratch = Scratch()
        #expect(try reopen(scratch, bytes("{\"a\":1}\n" + last)) == [])
        #expect(scratch.lines() == ["{\"a\":1}", last, "next"])
    }

    @Test
    func `a file of whole lines, an empty one and an absent one are left as they are`() throws {
        for content in ["", "one\n", "one\ntwo\n", "\n"] {
            let scratch = Scratch()
            #expect(try reopen(scratch, bytes(content)) == [])
            #expect(scratch.read() == bytes(content + "next\n"))
            #expect(scratch.names() == ["history.jsonl"])
        }
        let scratch = Scratch()
        let history = try HistoryFile(directory: scratch.path) { _ in }
        history.append(bytes("next"))
        history.close()
        #expect(scratch.lines() == ["next"])
    }

    @Test(arguments: [65_535, 65_536, 65_537, 131_072, 5_000_000])
    func `a torn line longer than a piece is set aside whole`(count: Int) throws {
        let torn = (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 23) }
        for before in ["", "one\n"] {
            let scratch = Scratch()
            let reports = try reopen(scratch, bytes(before) + torn)
            #expect(scratch.read() == bytes(before + "next\n"))
            guard case .tornTail(let name, count)? = reports.first else {
                Issue.record("\(reports)")
                continue
            }
            #expect(scratch.read(String(name.dropFirst(scratch.path.count + 1))) == torn)
        }
    }

    @Test
    func `a long last line that is whole is kept`() throws {
        let scratch = Scratch()
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000_000)
        let reports = try reopen(scratch, line + [newline])
        #expect(!reports.contains { if case .tornTail = $0 { true } else { false } })
        #expect(scratch.read() == line + bytes("\nnext\n"))
    }

    @Test
    func `torn lines of the same second each get a file`() throws {
        let scratch = Scratch()
        for _ in 0..<4 { _ = try reopen(scratch, bytes("one\nto")) }
        #expect(scratch.names().count == 5)
        #expect(scratch.lines() == ["one", "next"])
    }

    @Test
    func `a block of zero bytes left by a loss of power is set aside`() throws {
        let scratch = Scratch()
        let reports = try reopen(scratch, bytes("one\n") + [UInt8](repeating: 0, count: 4096))
        #expect(reports.count == 1)
        #expect(scratch.lines() == ["one", "next"])
    }
}
