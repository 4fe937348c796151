import Loop
import Testing

@testable import Access

/// What becomes of a request that finds its keys just as they end.
@Suite(.timeLimit(.minutes(1))) struct FetchedKeysTests {
    /// What a request on its own loop is told.
    private func answer(of keys: FetchedKeys) async throws -> FetchedKeys.Answer {
        let loop = try EventLoop(index: 0)
        let answer = await withCheckedContinuation { continuation in
            loop.post { loop in
                keys.wait(forNewerThan: 0, on: loop.reactor) { continuation.resume(returning: $0) }
            }
        }
        await loop.stop()
        return answer
    }

    @Test func `a request that finds keys just replaced asks for what is in their place`()
        async throws
    {
        let keys = FetchedKeys(url: "http://127.0.0.1:1/")
        await keys.endReplaced()
        #expect(try await answer(of: keys) == .changed)
    }

    @Test func `a request that finds keys ended with the service is told to come back`()
        async throws
    {
        let keys = FetchedKeys(url: "http://127.0.0.1:1/")
        #expect(try await answer(of: keys) == .unavailable(seconds: 1))
        await keys.end()
        #expect(try await answer(of: keys) == .unavailable(seconds: 1))
    }
}
