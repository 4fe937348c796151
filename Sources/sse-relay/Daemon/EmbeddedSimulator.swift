import ChatFormats
import Generations
import Loop
import Relay
import Simulator

/// The model that answers while no key is set: everything works before anything is paid.
struct EmbeddedSimulator: Sendable {
    private let server: SimulatorServer

    /// Starts it if no upstream is configured; nil if one is.
    static func startIfNeeded(_ settings: Settings) throws(SystemCallError) -> EmbeddedSimulator? {
        guard settings.models.upstreams.isEmpty else { return nil }
        return EmbeddedSimulator(server: try SimulatorServer())
    }

    /// Where it listens.
    var url: String { server.anthropicBaseURL }

    /// One upstream for each protocol, so that both can be tried.
    func upstreams(model: String?) -> [RelayConfiguration.Upstream] {
        [
            RelayConfiguration.Upstream(
                name: "simulator",
                provider: .openAI,
                baseURL: server.openAIBaseURL,
                key: nil,
                model: model ?? "simulator",
                bypassesProxy: true
            ),
            RelayConfiguration.Upstream(
                name: "simulator",
                provider: .anthropic,
                baseURL: server.anthropicBaseURL,
                key: nil,
                model: "claude-simulator",
                bypassesProxy: true
            ),
        ]
    }

    func stop() { server.stop() }
}
