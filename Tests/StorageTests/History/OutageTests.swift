import Glibc
import Testing

@testable import Storage

/// A full disk, played with the limit on a file's size, each time in a process of its own.
@Suite(.timeLimit(.minutes(2)))
struct OutageTests {
    @Test
    func `a full disk keeps records, leaves only whole lines, and writing resumes by itself`()
        async
    {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch()
            let reports = Reports()
            let history = try HistoryFile(directory: scratch.path, report: reports.add)
            limitFileSize(1000)
            for number in 0..<100 { history.append(bytes("record \(number) of a full disk")) }
            #expect(reports.wait { if case .writeFailed = $0 { true } else { false } })
            #expect(!history.isWritable)
            #expect(!history.flush(timeoutMilliseconds: 300))
            #expect(history.recordsWaiting > 0)
            for line in scratch.lines() { #expect(line.hasSuffix("disk")) }
            // Every attempt finds the same full disk; it is said once.
            let path = scratch.path()
            #expect(
                reports.all == [.writeFailed(.systemCall("write", path: path, code: EFBIG))]
            )
            let waiting = history.recordsWaiting
            limitFileSize(nil)
            #expect(history.flush(timeoutMilliseconds: 30_000))
            let resumed = HistoryReport.writesResumed(recordsKept: waiting, recordsRefused: 0)
            #expect(reports.wait { $0 == resumed })
            #expect(history.isWritable)
            #expect(scratch.lines() == (0..<100).map { "record \($0) of a full disk" })
            history.append(bytes("after"))
            #expect(history.flush(timeoutMilliseconds: 30_000))
            #expect(scratch.lines().count == 101)
        }
    }

    @Test
    func `the past of a conversation is whole while the disk refuses`() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch()
            let reports = Reports()
            let history = try HistoryFile(directory: scratch.path, report: reports.add)
            limitFileSize(1000)
            for number in 0..<20 { history.append(record("r\(number)", "c")) }
            history.append(record("other", "d"))
            #expect(reports.wait { if case .writeFailed = $0 { true } else { false } })
            let found = try history.ask { catalog in
                var ids: [String] = []
                try catalog.visit(HistoryFilter(conversation: "c")) { line in
                    ids.append((try? id(line)) ?? "broken")
                    return true
                }
                return ids
            }
            #expect(found == (0..<20).reversed().map { "r\($0)" })
            #expect(scratch.lines().count < 20)
        }
    }

    @Test
    func `writing resumes without anybody asking`() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch()
            let reports = Reports()
            let history = try HistoryFile(directory: scratch.path, report: reports.add)
            limitFileSize(3)
            history.append(bytes("too long for the disk"))
            #expect(reports.wait { if case .writeFailed = $0 { true } else { false } })
            limitFileSize(nil)
            let resumed = HistoryReport.writesResumed(recordsKept: 1, recordsRefused: 0)
            #expect(reports.wait { $0 == resumed })
            #expect(scratch.lines() == ["too long for the disk"])
        }
    }

    @Test
    func `what waits is bounded, the newest is refused, and each loss is said`() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch()
            let reports = Reports()
            let history = try HistoryFile(
                directory: scratch.path,
                maxPendingBytes: 100,
                report: reports.add
            )
            limitFileSize(0)
            history.append(bytes("first"))
            #expect(reports.wait { if case .writeFailed = $0 { true } else { false } })
            history.append([UInt8](repeating: UInt8(ascii: "x"), count: 60))
            history.append([UInt8](repeating: UInt8(ascii: "y"), count: 60))
            history.append(bytes("last"))
            limitFileSize(nil)
            #expect(history.flush(timeoutMilliseconds: 30_000))
            #expect(scratch.lines().map { $0.prefix(5) } == ["first", "xxxxx", "last"])
            let resumed = HistoryReport.writesResumed(recordsKept: 3, recordsRefused: 1)
            #expect(reports.wait { $0 == resumed })
            #expect(reports.all.contains(.refused(bytes: 60)))
        }
    }

    @Test
    func `a disk that is full at the start does not stop it`() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch()
            let reports = Reports()
            scratch.write(bytes("one\ntorn line"))
            limitFileSize(4)
            let history = try HistoryFile(directory: scratch.path, report: reports.add)
            // The limit holds for the test library's own files as well: expectations come after it.
            let wasWritable = history.isWritable
            var names = scratch.names()
            // An attempt may be on its way, with a copy of the torn line that it removes again.
            for _ in 0..<1000 where names.count > 1 {
                usleep(1000)
                names = scratch.names()
            }
            history.append(bytes("two"))
            limitFileSize(nil)
            #expect(!wasWritable)
            #expect(names == ["history.jsonl"])
            #expect(history.flush(timeoutMilliseconds: 30_000))
            #expect(scratch.lines() == ["one", "two"])
            #expect(scratch.names().count == 2)
            #expect(reports.wait { if case .writesResumed = $0 { true } else { false } })
            #expect(history.isWritable)
        }
    }
}

/// Makes files of this process end at a size, or not any more.
private func limitFileSize(_ bytes: Int?) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = bytes.map { rlim_t($0) } ?? limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
