import Loop
import TestSupport
import Testing
import Wire

@testable import Upstream

/// How much one turn of a loop takes from upstreams, however fast they are.
@Suite struct TurnBoundTests {
    private static let bodyBytes = 3 << 20
    /// How much libcurl hands over at a time.
    private static let pieceBytes = 16 * 1024

    private static func body(_ letter: Character) -> String {
        String(repeating: letter, count: bodyBytes)
    }

    @Test(.timeLimit(.minutes(2)))
    func `a turn takes a stated amount, and all of it comes in the end`() async throws {
        let letters: [Character] = ["a", "b", "c", "d"]
        try await withBench(serving: { answer(Self.body(letters[($0 - 1) % letters.count])) }) {
            loop,
            server in
            let pieces = Recorder<(turn: Int, bytes: Int)>()
            let all = letters.map { _ in Heard() }
            let url = server.url
            loop.post { loop in
                let reactor = loop.reactor
                for heard in all {
                    Bench.of(loop)?.start(url, heard) { listener in
                        var had = 0
                        listener.onBytes = { _ in
                            let count = heard.now.bytes.count
                            pieces.record((reactor.turn, count - had))
                            had = count
                        }
                    }
                }
            }
            for heard in all {
                #expect(heard.waitForEnd())
                let bytes = heard.now.bytes
                #expect(bytes.count == Self.bodyBytes && bytes.allSatisfy { $0 == bytes[0] })
                #expect(heard.now.error == nil)
            }
            let turns = Dictionary(pieces.values.map { ($0.turn, $0.bytes) }, uniquingKeysWith: +)
            #expect(turns.values.max() ?? 0 < UpstreamClient.turnBytes + Self.pieceBytes)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a transfer that waits for its turn can be paused, resumed and cancelled`() async throws {
        try await withBench(serving: { _ in answer(Self.body("x")) }) { loop, server in
            let all = (0..<6).map { _ in Heard() }
            let url = server.url
            loop.post { loop in
                let bench = Bench.of(loop)
                for (number, heard) in all.enumerated() {
                    bench?.start(url, heard) { listener in
                        listener.onBytes = { [weak bench] transfer in
                            // The transfers that come later in the turn are waiting by now.
                            guard heard.now.bytes.count > Self.bodyBytes / 4 else { return }
                            let next = bench?.transfers[(number + 1) % 6]
                            switch number % 3 {
                            case 0: next?.pause()
                            case 1: next?.resume()
                            default: if number == 5 { transfer.cancel() }
                            }
                        }
                    }
                }
            }
            for number in [0, 2, 3] { #expect(all[number].waitForEnd(), "\(number)") }
            // The transfers that were paused last go on where they stopped.
            loop.post { loop in
                for transfer in Bench.of(loop)?.transfers ?? [] { transfer.resume() }
            }
            for number in 0..<5 {
                #expect(all[number].waitForEnd(), "\(number)")
                #expect(all[number].now.bytes.count == Self.bodyBytes)
            }
            #expect(all[5].now.ends == 0)
            #expect(all[5].now.bytes.count < Self.bodyBytes)
        }
    }
}
