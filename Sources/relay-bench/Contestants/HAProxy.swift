/// HAProxy as a proxy for HTTP.
struct HAProxyKind: ContestantKind {
    let name = "haproxy"
    /// The program's file.
    let executable: String

    var version: String {
        CommandOutput.of(executable, ["-v"]).flatMap(CommandOutput.version) ?? ""
    }

    func start(workers: Int, upstreamPort: Int) throws -> any Contestant {
        try Peer { place in
            let text = configuration(place.port, threads: workers, upstreamPort: upstreamPort)
            return PeerLaunch(
                name: name,
                program: executable,
                // -db keeps it in the foreground.
                arguments: ["-db", "-f", try place.write(text, to: "haproxy.cfg")],
                startSeconds: 10
            )
        }
    }

    /// The configuration; without `http-no-delay` the last piece would wait for a full packet.
    private func configuration(_ port: Int, threads: Int, upstreamPort: Int) -> String {
        """
        global
            nbthread \(threads)
            maxconn 10240
            # Where fewer descriptors are allowed it serves as many streams as fit.
            no strict-limits
        defaults
            mode http
            option http-no-delay
            http-reuse always
            timeout connect 5s
            timeout client 300s
            timeout server 300s
        frontend clients
            bind 127.0.0.1:\(port) backlog 4096
            default_backend model
        backend model
            server simulator 127.0.0.1:\(upstreamPort)

        """
    }
}
