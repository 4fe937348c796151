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
    func `a transfer that pauses itself gets no more in its turn`() async throws {
        try await withBench(serving: { _ in answer(Self.body("x")) }) { loop, server in
            let heard = Heard()
            let url = server.url
            let pausedAt = Self.turnParts.min() ?? 0
            loop.post { loop in
                Bench.of(loop)?.start(url, heard) { listener in
                    listener.onBytes = { transfer in
                        if heard.now.bytes.count >= pausedAt { transfer.pause() }
                    }
                }
            }
            #expect(waits { heard.now.bytes.count >= pausedAt })
            // Each resumption lets one more piece through, also after the turn's bound.
            for part in Self.turnParts {
                let before = heard.now.bytes.count
                #expect(before < part + 2 * Self.pieceBytes)
                #expect(!waits(seconds: 0.05) { heard.now.bytes.count > before })
                while heard.now.bytes.count < part {
                    let had = heard.now.bytes.count
                    loop.post { loop in Bench.of(loop)?.transfers.first?.resume() }
                    #expect(waits { heard.now.bytes.count > had })
                }
            }
            #expect(heard.now.ends == 0)
        }
    }

    /// Amounts before and after what one turn takes.
    private static let turnParts = [
        UpstreamClient.turnBytes / 4, UpstreamClient.turnBytes, 2 * UpstreamClient.turnBytes,
    ]

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
