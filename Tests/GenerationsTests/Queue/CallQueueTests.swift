import Loop
import TestSupport
import Testing

@testable import Generations

/// Who runs, who waits, and who is refused.
@Suite struct CallQueueTests {
    /// Asks for places on a loop, and knows whose came.
    private final class Desk {
        let loop: EventLoop
        let queue: CallQueue
        let memory: MemoryGauge
        var bounds = CallQueue.Bounds(running: 1, waiting: 8)

        init(_ memory: MemoryGauge = MemoryGauge()) throws {
            loop = try EventLoop(index: 0)
            self.memory = memory
            queue = CallQueue(memory)
        }

        func take() -> Int? {
            queue.set(bounds)
            return queue.take(0, on: 0)
        }

        /// Waits; the name is recorded once the place is there, or is given back.
        func wait(
            _ name: String,
            _ came: TestSupport.Recorder<String>,
            of owner: String = ""
        ) async -> Int? {
            await loop.run { [queue] loop in
                let ticket = Ticket<Void>(on: loop.reactor) { _ in came.record(name) }
                return try? queue.wait(owner, 0, on: 0, ticket)
            }
        }

        func settle() async { for _ in 0..<2 { await loop.run { _ in } } }
    }

    @Test func `no more run than may, and a place that is left is the next one's`() async throws {
        let desk = try Desk()
        let came = TestSupport.Recorder<String>()
        let first = try #require(desk.take())
        #expect(desk.take() == nil)
        let second = await desk.wait("second", came) ?? -1
        let third = await desk.wait("third", came) ?? -1
        #expect(desk.queue.place(of: second) == 1 && desk.queue.place(of: third) == 2)
        await desk.settle()
        #expect(came.values == [])
        desk.queue.leave(first)
        await desk.settle()
        #expect(came.values == ["second"])
        #expect(desk.queue.place(of: second) == nil && desk.queue.place(of: third) == 1)
        // Nobody comes in before who waits.
        desk.bounds.running = 2
        #expect(desk.take() == nil)
        await desk.settle()
        #expect(came.values == ["second", "third"])
        await desk.loop.stop()
    }

    @Test func `who gives up makes room, whether it waits or runs`() async throws {
        let desk = try Desk()
        let came = TestSupport.Recorder<String>()
        let first = try #require(desk.take())
        let second = await desk.wait("second", came) ?? -1
        let third = await desk.wait("third", came) ?? -1
        desk.queue.leave(second)
        desk.queue.leave(second)
        desk.queue.leave(first)
        await desk.settle()
        #expect(came.values == ["second", "third"])
        #expect(desk.take() == nil)
        desk.queue.leave(third)
        #expect(desk.take() != nil)
        await desk.loop.stop()
    }

    @Test func `the queue has an end, and nobody fills it alone`() async throws {
        let desk = try Desk()
        let came = TestSupport.Recorder<String>()
        _ = desk.take()
        #expect(await desk.wait("a1", came, of: "a") != nil)
        #expect(await desk.wait("a2", came, of: "a") != nil)
        #expect(await desk.wait("a3", came, of: "a") == nil)
        await desk.settle()
        #expect(came.values == ["a3"])
        for name in ["b", "c", "d"] {
            for _ in 0..<2 { #expect(await desk.wait(name, came, of: name) != nil) }
        }
        #expect(await desk.wait("e", came, of: "e") == nil)
        await desk.loop.stop()
    }

    @Test func `callers who are not told apart may fill the queue`() async throws {
        let desk = try Desk()
        let came = TestSupport.Recorder<String>()
        _ = desk.take()
        for _ in 0..<8 { #expect(await desk.wait("x", came) != nil) }
        #expect(await desk.wait("x", came) == nil)
        await desk.loop.stop()
    }

    @Test func `where memory is scarce new ones wait until it is given back`() async throws {
        let memory = MemoryGauge(maxBytes: 10 * MemoryGauge.newcomerBytes)
        let desk = try Desk(memory)
        let asked = TestSupport.Recorder<Bool>()
        memory.whenAsked { asked.record(true) }
        desk.bounds.running = nil
        let came = TestSupport.Recorder<String>()
        for _ in 0..<10 { #expect(desk.take() != nil) }
        #expect(asked.values.count >= 1)
        #expect(desk.take() == nil)
        #expect(await desk.wait("next", came) != nil)
        await desk.settle()
        #expect(came.values == [])
        // They hold less than was thought.
        memory.measured(2 * MemoryGauge.newcomerBytes, on: 0)
        desk.queue.admit()
        await desk.settle()
        #expect(came.values == ["next"])
        #expect(memory.countedBytes == 3 * MemoryGauge.newcomerBytes)
        await desk.loop.stop()
    }

    @Test func `what waits holds memory, too, and the only one is let in in any case`() async throws
    {
        let memory = MemoryGauge(maxBytes: 1 << 20)
        #expect(memory.admitWaiting(5 << 18, on: 0))
        #expect(!memory.admitWaiting(1, on: 0))
        #expect(!memory.admit(0, on: 0))
        #expect(memory.admit(0, on: 0, isOnly: true))
        let desk = try Desk(MemoryGauge(maxBytes: 1000))
        desk.bounds.running = nil
        let first = try #require(desk.take())
        #expect(desk.take() == nil)
        desk.queue.leave(first)
        #expect(desk.take() != nil)
        await desk.loop.stop()
    }

    @Test func `a question counts with its length, and what others hold counts, too`() throws {
        let held = Guarded(0)
        let memory = MemoryGauge(maxBytes: 1 << 20) { held.withLock { $0 } }
        #expect(!memory.admit(1 << 20, on: 0))
        #expect(memory.admit(1 << 19, on: 1))
        held.withLock { $0 = 1 << 19 }
        #expect(!memory.admit(0, on: 0))
        held.withLock { $0 = 0 }
        #expect(memory.admit(0, on: 0))
    }
}
