import ChatFormats
import HTTPServer
import Simulator
import Testing
import Wire

@testable import Generations
@testable import Relay

/// A configuration that is replaced while the relay serves.
@Suite struct ReloadTests {
    private static let origin: HeaderFields = ["Origin": "https://app.example"]

    private func configuration(_ relay: TestRelay) -> RelayConfiguration {
        RelayConfiguration(upstreams: [
            .init(
                name: "simulator",
                provider: .openAI,
                baseURL: relay.simulator.openAIBaseURL,
                key: nil,
                model: "simulator",
                bypassesProxy: true
            )
        ])
    }

    @Test(.timeLimit(.minutes(1)))
    func `new requests go by it on every loop`() async throws {
        try await withRelay(loops: 3) { relay in
            func statuses(_ fields: HeaderFields, body: String) throws -> Set<Int> {
                // The kernel gives connections to any loop.
                Set(
                    try (0..<30).map { _ in
                        try relay.exchange("POST", "/api/streaming", fields, body: body).head.status
                    }
                )
            }
            let small = #"{"message":"x","model":"simulator?tokens=1"}"#
            let large = #"{"message":"\#(String(repeating: "x", count: 200))"}"#
            let before = try statuses(Self.origin, body: small)
            #expect(before == [403])
            var new = configuration(relay)
            new.corsOrigins = ["https://app.example"]
            var limits = ServerLimits()
            limits.request.maxBodyBytes = 100
            await relay.service.reload(new, limits: limits)
            let after = try statuses(Self.origin, body: small)
            #expect(after == [202])
            let tooLarge = try statuses([:], body: large)
            #expect(tooLarge == [413])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an answer that runs keeps what it began with`() async throws {
        try await withRelay { relay in
            let silent = "simulator?tokens=2&interval_ms=0&pause_after=1&pause_ms=1500"
            let (client, _) = try relay.begin(silent)
            var new = configuration(relay)
            new.idleSeconds = 1
            await relay.service.reload(new, limits: ServerLimits())
            let (late, _) = try relay.begin(silent + "&comments=1")
            let kept = String(decoding: try client.readBody(), as: UTF8.self)
            let timed = String(decoding: try late.readBody(), as: UTF8.self)
            #expect(kept.contains("[DONE]"))
            #expect(timed.contains(#""status":"timeout""#))
        }
    }
}
