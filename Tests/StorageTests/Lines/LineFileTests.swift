import Glibc
import Loop
import TestSupport
import Testing

@testable import Storage

/// The file of an audit log: whole lines for one user, and nobody waits for the disk.
@Suite(.timeLimit(.minutes(2)))
struct LineFileTests {
    private static let name = "audit.jsonl"

    private func open(
        _ scratch: Scratch,
        maxPendingBytes: Int = LineFile.maxPendingBytes,
        platform: Platform = .system,
        _ report: @escaping @Sendable (LineReport) -> Void = { Issue.record("reports \($0)") }
    ) throws -> LineFile {
        try LineFile(
            path: scratch.path(Self.name),
            maxPendingBytes: maxPendingBytes,
            platform: platform,
            report: report
        )
    }

    @Test func `lines are appended to what is there, for this user alone`() throws {
        let scratch = Scratch()
        for text in ["one", "two"] {
            let file = try open(scratch)
            file.append(bytes(text))
            #expect(file.flush(timeoutMilliseconds: 30_000))
            file.close()
        }
        #expect(scratch.lines(Self.name) == ["one", "two"])
        var status = stat()
        #expect(stat(scratch.path(Self.name), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `a file that was moved away is complete once it is begun anew`() throws {
        let scratch = Scratch()
        let reports = Guarded<[LineReport]>([])
        let file = try open(scratch) { report in reports.withLock { $0.append(report) } }
        file.append(bytes("old"))
        #expect(file.flush(timeoutMilliseconds: 30_000))
        rename(scratch.path(Self.name), scratch.path("audit.1"))
        file.reopen()
        // The new one is there before anything is written to it.
        #expect(waits { scratch.names().contains(Self.name) })
        file.append(bytes("new"))
        #expect(file.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines("audit.1") == ["old"])
        #expect(scratch.lines(Self.name) == ["new"])
        // Without a word to the process, the next line finds out.
        rename(scratch.path(Self.name), scratch.path("audit.2"))
        file.append(bytes("newer"))
        #expect(file.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines(Self.name) == ["newer"])
        #expect(reports.withLock { $0 } == [.begunAnew(path: scratch.path(Self.name))])
        file.close()
    }

    @Test func `what the disk cannot keep up with is lost, counted, and said ever more rarely`()
        throws
    {
        let scratch = Scratch()
        let clock = ManualDelays()
        let reports = Guarded<[LineReport]>([])
        let file = try open(scratch, maxPendingBytes: 100, platform: clock.platform) { report in
            reports.withLock { $0.append(report) }
        }
        for _ in 0..<20 { file.append(bytes(String(repeating: "x", count: 9))) }
        // Ten of ten bytes each have room in a hundred.
        #expect(reports.withLock { $0 } == [.lost(1), .lost(2), .lost(4), .lost(8)])
        #expect(file.flush(timeoutMilliseconds: 30_000))
        file.append(bytes("after"))
        #expect(file.flush(timeoutMilliseconds: 30_000))
        #expect(scratch.lines(Self.name).last == "after")
        #expect(scratch.lines(Self.name).count == 11)
        file.close()
    }

    @Test func `a path that is no file's stops the start`() {
        for path in ["/", "/tmp/", "/dev/null", "/proc/no/such/audit"] {
            #expect(throws: StorageError.self, "\(path)") {
                _ = try LineFile(path: path) { _ in }
            }
        }
    }
}
