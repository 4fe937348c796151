import ChatFormats
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations

/// A reader that wants even steps gets them, and no other reader does.
@Suite(.timeLimit(.minutes(1))) struct SmoothingTests {
    @Test func `tokens come in even steps, but the first one and the end at once`() async throws {
        let loop = try await AnswerLoop()
        func say(_ text: String) async {
            await loop.turn { bench in
                bench.generation?.take { $0.append(.text, Array(text.utf8).span) }
            }
        }
        func heard() async -> String {
            await loop.turn { $0.client.text.split(separator: "\n").joined(separator: "|") }
        }
        await loop.turn { bench in bench.read(bench.begin().live, smooth: 100) }
        await say("a")
        let first = await heard()
        #expect(first.hasSuffix("data: a"))
        await say("b")
        await say("c")
        #expect(await heard() == first)
        await loop.clock.advance(by: .milliseconds(99))
        #expect(await heard() == first)
        await loop.clock.advance(by: .milliseconds(1))
        let second = await heard()
        #expect(second.contains("data: b") && second.contains("data: c"))
        await say("d")
        #expect(await heard() == second)
        await loop.turn { $0.generation?.answered(.complete, finishReason: "stop", usage: nil) }
        let last = await heard()
        #expect(last.contains("data: d") && last.hasSuffix("data: [DONE]"))
        await loop.end()
    }
}
