import Testing

@testable import Storage

/// What the disk refuses to show, or to open, is not taken for absent: an answer that seemed to be
/// gone would be paid for again.
@Suite(.timeLimit(.minutes(1)))
struct HiddenRecordTests {
    private let scratch = Scratch()
    private let disk = RefusingDisk()
    private let reports = Reports()

    private func open(rotateBytes: Int = 0) throws -> HistoryFile {
        try HistoryFile(
            directory: scratch.path,
            rotateBytes: rotateBytes,
            platform: disk.platform,
            report: reports.add
        )
    }

    @Test func `a history that cannot be opened at the start is read all the same`() throws {
        let first = try open()
        first.append(record("old"))
        #expect(first.flush(timeoutMilliseconds: 10_000))
        first.close()
        disk.refuse(.synchronizing)
        let history = try open()
        #expect(!history.isWritable)
        #expect(try history.ask { try $0.record(id: "old") } != nil)
        disk.refuse(.nothing)
        history.append(record("new"))
        #expect(history.flush(timeoutMilliseconds: 10_000))
        #expect(try history.ids().ids == ["new", "old"])
    }

    @Test func `an old file is not replaced where the folder cannot be read`() throws {
        let history = try open(rotateBytes: 400)
        func write(_ ids: ClosedRange<Int>) throws {
            for number in ids { history.append(record("r\(number)")) }
            #expect(history.flush(timeoutMilliseconds: 10_000))
            // The rotation comes before the answer to this.
            _ = try? history.ids()
        }
        try write(1...4)
        #expect(scratch.names().contains("history-000001.jsonl"))
        let sealed = scratch.read("history-000001.jsonl")
        disk.refuse(.names)
        try write(5...8)
        #expect(reports.wait { if case .upkeepFailed = $0 { true } else { false } })
        #expect(scratch.read("history-000001.jsonl") == sealed)
        disk.refuse(.nothing)
        #expect(try history.ids().ids == (1...8).reversed().map { "r\($0)" })
    }

    @Test func `files are not taken for absent where the folder cannot be read`() throws {
        let history = try open(rotateBytes: 400)
        for number in 1...4 { history.append(record("r\(number)")) }
        #expect(history.flush(timeoutMilliseconds: 10_000))
        _ = try history.ids()
        history.close()
        disk.refuse(.names)
        let again = try open()
        #expect(throws: HistoryQueryError.self) { try again.ask { try $0.record(id: "r1") } }
        disk.refuse(.nothing)
        #expect(try again.ask { try $0.record(id: "r1") } != nil)
    }
}
