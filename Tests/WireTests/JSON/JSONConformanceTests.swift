import TestSupport
import Testing
import Wire

/// Texts about which RFC 8259 decides, in the manner of nst/JSONTestSuite.
@Suite struct JSONConformanceTests {
    @Test(arguments: mustBeAccepted)
    func `a text that the grammar allows is accepted`(_ text: String) throws {
        let bytes = Array(text.utf8)
        #expect(throws: Never.self) { _ = try JSON.parse(bytes.span) }
        #expect(try skipped(bytes) == nil)
    }

    @Test(arguments: mustBeRefused)
    func `a text that the grammar does not allow is refused`(_ text: String) throws {
        let bytes = Array(text.utf8)
        #expect(throws: JSONError.self) { _ = try JSON.parse(bytes.span) }
        #expect(try skipped(bytes) != nil)
    }

    @Test(arguments: bytesToRefuse)
    func `bytes that are not text are refused`(_ bytes: [UInt8]) throws {
        #expect(throws: JSONError.self) { _ = try JSON.parse(bytes.span) }
        #expect(try skipped(bytes) != nil)
    }

    @Test(arguments: leftOpen)
    func `a case left open by the RFC has the result we chose`(_ text: String, _ isAccepted: Bool) {
        let bytes = Array(text.utf8)
        let result = Result { try JSON.parse(bytes.span) }
        #expect(result.isSuccess == isAccepted)
    }

    @Test func `bytes cut off by an unreadable page are never read past their end`() throws {
        let guarded = GuardedBuffer()
        for text in Self.mustBeAccepted + Self.mustBeRefused {
            let bytes = Array(text.utf8)
            for count in 0...bytes.count {
                let answer = guarded.withBytes(Array(bytes[..<count])) { part in
                    Result { try JSON.parse(part) }.isSuccess
                }
                let expected = Result { try JSON.parse(Array(bytes[..<count]).span) }.isSuccess
                #expect(answer == expected)
            }
        }
    }

    @Test func `a damaged text is accepted by tree and reader alike and written as read`() throws {
        var random = SeededGenerator(seed: 8259)
        let pieces = ["\"", "\\", "\\u", "\\ud83d", "\\udE00", "{", "}", "[", "]", ",", ":", "1e9"]
        let samples = Self.mustBeAccepted.map { Array($0.utf8) }
        for _ in 0..<6000 {
            let sample = samples.randomElement(using: &random) ?? []
            let bytes = random.mutate(sample, inserting: pieces.map { Array($0.utf8) })
            let tree = Result { try JSON.parse(bytes.span) }
            switch tree {
            case .success(let tree):
                #expect(try skipped(bytes) == nil)
                var written: [UInt8] = []
                tree.write(into: &written)
                #expect(try JSON.parse(written.span) == tree)
            case .failure(let error as JSONError):
                #expect((0...bytes.count).contains(error.offset))
            case .failure(let error):
                Issue.record("an error of another kind: \(error)")
            }
        }
    }

    /// The reader's error for a text that it only skips.
    private func skipped(_ bytes: [UInt8]) throws -> JSONError? {
        var reader = JSONReader()
        do throws(JSONError) {
            try reader.skip(bytes.span)
            try reader.finish(bytes.span)
            return nil
        } catch {
            return error
        }
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        guard case .success = self else { return false }
        return true
    }
}
