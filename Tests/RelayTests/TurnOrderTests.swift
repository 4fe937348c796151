import ChatFormats
import Glibc
import Loop
import TestSupport
import Testing

@testable import Generations
@testable import Relay

/// What happens between a loop's journal and its readers, in turns that tests put together.
@Suite(.serialized) struct TurnOrderTests {
    private final class Step: TurnEndHandler {
        let work: () -> Void
        init(_ work: @escaping () -> Void) { self.work = work }
        func turnEnded() { work() }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an entry of a turn's very end waits for the journal too`() async throws {
        try await withRelay {
            // Silence would send what nothing else does.
            $0.keepAliveSeconds = 3600
        } _: { relay in
            let (client, head) = try relay.begin("simulator?tokens=2&interval_ms=3000")
            // The next one comes long after the stop: nothing else is on its way.
            var event = try client.readEvent()
            while let other = event, other.name != "token" { event = try client.readEvent() }
            let descriptor = client.descriptor
            let isShownEarly = Guarded<Bool?>(nil)
            relay.service.post.post(toLoop: 0) { worker in
                guard let generation = worker.store[head.id] else { return }
                let reactor = worker.store.context.reactor
                // The end of another's turn may stop it, as may a request that waited for
                // another's.
                reactor.atTurnEnd(Step { generation.stop() })
                generation.live.readerDrained()
                reactor.atTurnEnd(
                    Step {
                        var byte: UInt8 = 0
                        let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
                        let isShown = recv(descriptor, &byte, 1, flags) > 0
                        let live = generation.live
                        let isWritten = live.journalTicket.entries == live.log.count
                        isShownEarly.withLock { $0 = isShown && !isWritten }
                    }
                )
            }
            #expect(waits { isShownEarly.withLock { $0 != nil } })
            #expect(isShownEarly.withLock { $0 } == false)
            #expect(try client.readEvents().last?.name == "done")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an answer whose beginning an outage's end wrote is asked for`() async throws {
        try await withRelay { relay in
            let model = "simulator?tokens=1&interval_ms=0"
            relay.service.post.post(toLoop: 0) { worker in
                let store = worker.store
                let candidates = ModelTable(store.context.configuration.upstreams)
                    .candidates(for: model)
                let request = ChatRequest(messages: [.init(role: .user, text: "hi")])
                let generation = store.begin(
                    id: store.makeID(),
                    key: nil,
                    request,
                    source: .init(upstream: "simulator", model: model),
                    onDisconnect: .finish
                )
                generation.begin(
                    from: UpstreamCall(
                        for: generation,
                        Question(request),
                        candidates,
                        store.context
                    )
                )
                // The retry is due in the turn in which the answer begins.
                store.journal?.retry()
            }
            #expect(waits { relay.calls(model).calls == 1 })
        }
    }
}
