import Glibc
import TestSupport
import Testing

@testable import Storage

/// Small files that are replaced whole.
struct ReplacedFileTests {
    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func replace(_ path: String, _ text: String) throws {
        let file = try ReplacedFile.open(path, maxBytes: 100)
        try file.replace(with: bytes(text))
    }

    @Test func `a new file is for this user alone, and an old one keeps its permissions`() throws {
        let scratch = Scratch()
        let path = scratch.path("f")
        try replace(path, "one")
        #expect(scratch.read("f") == bytes("one"))
        #expect(mode(path) == 0o600)
        #expect(chmod(path, 0o640) == 0)
        try replace(path, "two")
        #expect(scratch.read("f") == bytes("two"))
        #expect(mode(path) == 0o640)
        #expect(scratch.names() == ["f"])
    }

    @Test func `what was there is read, up to a byte more than the limit`() throws {
        let scratch = Scratch()
        #expect(try ReplacedFile.open(scratch.path("f"), maxBytes: 5).content == nil)
        for (text, read) in [("", ""), ("12345", "12345"), ("1234567", "123456")] {
            scratch.write(bytes(text), to: "f")
            #expect(try ReplacedFile.open(scratch.path("f"), maxBytes: 5).content == bytes(read))
        }
    }

    @Test func `a link stays one, and a draft that was left is thrown away`() throws {
        let scratch = Scratch()
        scratch.write(bytes("old"), to: "f")
        scratch.write(bytes("half of it, and more"), to: "f.new")
        #expect(symlink("f", scratch.path("link")) == 0)
        try replace(scratch.path("link"), "new")
        #expect(scratch.read("f") == bytes("new"))
        #expect(scratch.names() == ["f", "link"])
        var status = stat()
        #expect(lstat(scratch.path("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test func `what is no file is refused, and so is a folder that is not there`() {
        let scratch = Scratch()
        #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
        #expect(throws: StorageError.notRegularFile(path: scratch.path("pipe"))) {
            _ = try ReplacedFile.open(scratch.path("pipe"), maxBytes: 5).content
        }
        #expect(throws: StorageError.self) {
            _ = try ReplacedFile.open(scratch.path("none/f"), maxBytes: 5).content
        }
    }

    @Test func `of changes that come at once none is lost`() async throws {
        let scratch = Scratch()
        let path = scratch.path("f")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    let file = try ReplacedFile.open(path, maxBytes: 100)
                    let content = file.content ?? []
                    try file.replace(with: content + [UInt8(ascii: "x")])
                }
            }
            try await group.waitForAll()
        }
        #expect(scratch.read("f").count == 30)
    }
}
