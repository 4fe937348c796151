import Wire

/// A relay as it is usually written: FastAPI, the openai SDK, uvicorn with uvloop and httptools.
struct FastAPIKind: ContestantKind {
    let name = "FastAPI"
    /// The interpreter of an environment with all of these.
    let python: String
    /// The application's file; it reads the openai SDK's variables and has an object `app`.
    let application: String

    var version: String {
        PythonPackage.version(of: "fastapi", python: python) ?? ""
    }

    func start(workers: Int, upstreamPort: Int) throws -> any Contestant {
        try Peer(target: Self.target) { place in
            PeerLaunch(
                name: name,
                program: python,
                arguments: arguments(port: place.port, workers: workers),
                environment: [
                    "OPENAI_BASE_URL=http://127.0.0.1:\(upstreamPort)/v1",
                    "OPENAI_API_KEY=none",
                    // No __pycache__ next to the application.
                    "PYTHONDONTWRITEBYTECODE=1",
                ],
                startSeconds: 60
            )
        }
    }

    private func arguments(port: Int, workers: Int) -> [String] {
        let parts = application.split(separator: "/", omittingEmptySubsequences: false)
        let module = (parts.last ?? "").split(separator: ".").first ?? ""
        let folder = parts.dropLast().joined(separator: "/")
        return [
            "-m", "uvicorn", "--app-dir", folder.isEmpty ? "." : folder, "\(module):app",
            "--host", "127.0.0.1", "--port", "\(port)", "--workers", "\(workers)",
            "--loop", "uvloop", "--http", "httptools",
            "--no-access-log", "--log-level", "warning",
        ]
    }

    private static func target(port: Int, model: String) -> StreamTarget {
        let body = JSON.object([
            JSON.Member(key: "message", value: .string("measure")),
            JSON.Member(key: "model", value: .string(model)),
        ])
        return StreamTarget(port: port, path: "/chat/completions", body: body)
    }
}
