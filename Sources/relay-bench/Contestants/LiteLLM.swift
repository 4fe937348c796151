/// LiteLLM's proxy, without a database and without keys: its cheapest configuration.
struct LiteLLMKind: ContestantKind {
    let name = "LiteLLM"
    /// The command `litellm` of the environment in which it is installed.
    let executable: String

    var version: String {
        let folder = executable.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let python = (folder + ["python"]).joined(separator: "/")
        return PythonPackage.version(of: "litellm", python: python) ?? ""
    }

    func start(workers: Int, upstreamPort: Int) throws -> any Contestant {
        try Peer { place in
            let file = try place.write(configuration(upstreamPort), to: "litellm.yaml")
            return PeerLaunch(
                name: name,
                program: executable,
                arguments: [
                    "--config", file, "--host", "127.0.0.1", "--port", "\(place.port)",
                    "--num_workers", "\(workers)", "--telemetry", "False",
                ],
                environment: Self.environment,
                startSeconds: 120
            )
        }
    }

    /// The first two keep it from the network and from the user's .env file; its makers recommend
    /// the third for production; the last lets it start without a key for its callers.
    private static let environment = [
        "LITELLM_LOCAL_MODEL_COST_MAP=True",
        "LITELLM_MODE=PRODUCTION",
        "LITELLM_LOG=ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true",
    ]

    /// The configuration, which passes any model name on to the simulator, with its options.
    private func configuration(_ upstreamPort: Int) -> String {
        """
        model_list:
          - model_name: "*"
            litellm_params:
              model: "openai/*"
              api_base: "http://127.0.0.1:\(upstreamPort)/v1"
              api_key: "none"
        litellm_settings:
          telemetry: false

        """
    }
}
