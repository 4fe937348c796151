import ChatFormats
import Loop
import Testing

@testable import Relay

/// What happens between a loop's journal and its readers, in turns that tests put together.
@Suite(.serialized) struct TurnOrderTests {
    @Test(.timeLimit(.minutes(1)))
    func `an answer whose beginning an outage's end wrote is asked for`() async throws {
        try await withRelay { relay in
            let model = "simulator?tokens=1&interval_ms=0"
            relay.service.post(toLoop: 0) { worker in
                let route = UpstreamRoute(worker.configuration.upstreams[0])
                let request = ChatRequest(messages: [.init(role: .user, text: "hi")])
                var body: [UInt8] = []
                do {
                    try route.configuration.provider.writeBody(request, model: model, into: &body)
                } catch {
                    Issue.record("no body: \(error)")
                }
                let generation = Generation(
                    id: worker.makeID(),
                    key: nil,
                    request: request,
                    model: model,
                    upstream: "simulator",
                    onDisconnect: .finish,
                    worker: worker
                )
                worker.generations.add(generation)
                generation.start(route, body)
                // Its time comes in the turn in which the answer begins.
                worker.journal?.retry()
            }
            #expect(waits(seconds: 5) { relay.calls(model).calls == 1 })
        }
    }
}
