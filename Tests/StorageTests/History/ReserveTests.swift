import Glibc
import TestSupport
import Testing

@testable import Storage

/// Room on the disk is held until it is given up.
@Suite struct ReserveTests {
    private let scratch = Scratch()

    @Test
    func `a reserve has room on the disk, once, and gives it up`() throws {
        let reserve = Reserve(directory: scratch.path, on: .system)
        let held = try reserve.hold()
        #expect(held > 0 && held <= Reserve.maxBytes)
        #expect(try reserve.hold() >= held)
        var status = stat()
        #expect(stat(scratch.path(Reserve.name), &status) == 0)
        #expect(Int(status.st_blocks) * 512 >= held)
        #expect(reserve.giveUp())
        #expect(scratch.names().isEmpty)
        #expect(!reserve.giveUp())
    }

    @Test
    func `what others have under its name is not touched`() throws {
        symlink("/dev/null", scratch.path(Reserve.name))
        #expect(throws: StorageError.self) {
            try Reserve(directory: scratch.path, on: .system).hold()
        }
    }

    @Test
    func `a history whose disk has room keeps the reserve to its end`() throws {
        let history = try HistoryFile(directory: scratch.path) { _ in }
        history.holdReserve()
        history.append(record("r"))
        #expect(waits { scratch.names().contains(Reserve.name) })
        #expect(history.finish(timeoutMilliseconds: 30_000))
        history.close()
        #expect(scratch.names() == ["history.jsonl", Reserve.name])
    }
}
