import ChatFormats
import Loop
import Storage
import TestSupport
import Testing
import Wire

@testable import Generations

/// An answer and its readers, with nothing of a server around them.
@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
    private func withLoop(
        _ configure: @Sendable (inout RelayConfiguration) -> Void = { _ in },
        _ body: (AnswerLoop) async throws -> Void
    ) async throws {
        let loop = try await AnswerLoop(configure)
        do {
            try await body(loop)
        } catch {
            await loop.end()
            throw error
        }
        await loop.end()
    }

    @Test func `an answer runs from its first entry to its record`() async throws {
        try await withLoop { loop in
            await loop.turn { bench in bench.read(bench.begin().live) }
            #expect(await loop.turn { $0.source.told } == ["start"])
            await loop.turn { $0.generation?.take { $0.append(.text, Array("one ".utf8).span) } }
            #expect(await loop.turn { $0.client.text }.contains("data: one \n"))
            await loop.turn {
                $0.generation?.take { $0.append(.text, Array("two".utf8).span) }
                $0.generation?.answered(.complete, finishReason: "stop", usage: nil)
            }
            let (status, text, isWhole) = await loop.turn {
                ($0.client.status, $0.client.text, $0.client.endedWhole)
            }
            #expect(status == .ok)
            #expect(text.contains("data: two\n"))
            #expect(text.hasSuffix("data: [DONE]\n\n"))
            #expect(isWhole == true)
            #expect(loop.history.flush(timeoutMilliseconds: 30_000))
            let line = Array(readFile(loop.folder + "/history.jsonl").dropLast())
            let record = try JSON.parse(line.span)
            #expect(record["content"]?.stringValue == "one two")
            #expect(record["status"]?.stringValue == "complete")
        }
    }

    @Test func `a source is started once the sink has the beginning`() async throws {
        try await withLoop { loop in
            await loop.turn { bench in
                let live = bench.makeLive()
                live.begin { [source = bench.source] in source.start() }
            }
            #expect(await loop.turn { $0.source.told } == [])
            await loop.turn { $0.sink.starts[0]() }
            #expect(await loop.turn { $0.source.told } == ["start"])
        }
    }

    @Test func `readers are sent only what the sink allows`() async throws {
        try await withLoop { loop in
            await loop.turn { bench in
                let live = bench.makeLive()
                bench.read(live)
                for word in ["one", "two", "three"] {
                    live.take { $0.append(.text, Array(word.utf8).span) }
                }
            }
            #expect(await loop.turn { $0.client.text } == "")
            #expect(await loop.turn { $0.sink.grown } == 3)
            await loop.turn { $0.live?.allow(readable: 3, droppable: 0) }
            let early = await loop.turn { $0.client.text }
            #expect(early.contains("two") && !early.contains("three"))
            await loop.turn { $0.live?.take { $0.appendFinish(.complete, finishReason: "stop") } }
            await loop.turn { $0.live?.allow(readable: 4, droppable: 0) }
            let later = await loop.turn { $0.client.text }
            #expect(later.contains("three") && !later.contains("[DONE]"))
            #expect(await loop.turn { $0.client.endedWhole } == nil)
            await loop.turn { $0.live?.allow(readable: 5, droppable: 0) }
            #expect(await loop.turn { $0.client.endedWhole } == true)
        }
    }

    @Test func `nothing is dropped but what the sink gives back`() async throws {
        try await withLoop {
            $0.logWindowBytes = 1000
        } _: { loop in
            await loop.turn { bench in
                let live = bench.makeLive()
                for _ in 0..<1000 { live.take { $0.append(.text, Array("a token".utf8).span) } }
            }
            #expect(await loop.turn { $0.live?.log.first } == 0)
            await loop.turn { bench in
                bench.live?.allow(readable: 1001, droppable: 600)
                bench.live?.take { $0.append(.text, Array("more".utf8).span) }
            }
            #expect(await loop.turn { $0.live?.log.first } == 600)
        }
    }

    @Test func `a source is paused while all readers are far behind`() async throws {
        try await withLoop {
            $0.readerBufferBytes = 10_000
        } _: { loop in
            await loop.turn { bench in
                bench.read(bench.begin().live)
                bench.client.unsentBytes = 20_000
                bench.generation?.take { $0.append(.text, Array("one".utf8).span) }
            }
            await loop.turn { $0.generation?.take { $0.append(.text, Array("two".utf8).span) } }
            #expect(await loop.turn { $0.source.told } == ["start", "pause"])
            await loop.turn { $0.drain() }
            #expect(await loop.turn { $0.source.told } == ["start", "pause", "resume"])
        }
    }

    @Test func `an answer that its last reader left is given up in time`() async throws {
        try await withLoop { loop in
            await loop.turn { bench in
                bench.read(bench.begin(.grace(seconds: 5)).live)
                bench.leave()
            }
            await loop.clock.advance(by: .seconds(4))
            #expect(await loop.turn { $0.generation?.isEnded } == false)
            await loop.clock.advance(by: .seconds(1))
            #expect(await loop.turn { $0.source.told } == ["start", "cancel"])
            #expect(await loop.turn { $0.live?.failure?.ending } == .abandoned)
        }
    }

    @Test func `readers go on with an answer that is no longer kept`() async throws {
        try await withLoop { loop in
            await loop.turn { bench in
                let generation = bench.begin()
                bench.read(generation.live)
                generation.take { $0.append(.text, Array("one".utf8).span) }
                bench.store.close()
                bench.generation = nil
                bench.live?.take { $0.appendFinish(.stopped, finishReason: "stop") }
            }
            #expect(await loop.turn { $0.source.told } == ["start", "cancel"])
            #expect(await loop.turn { $0.client.text }.contains("one"))
            #expect(await loop.turn { $0.client.endedWhole } == true)
        }
    }
}
