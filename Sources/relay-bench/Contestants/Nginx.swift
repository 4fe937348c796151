import Glibc

/// nginx as a proxy that passes each piece on at once: the reference.
struct NginxKind: ContestantKind {
    /// For 10,000 streams, each a connection on both sides.
    ///
    /// A sixteenth more than they need: nginx resets connections that have not asked yet where
    /// fewer than that are free.
    private static let connections = 22_528

    let name = "nginx"
    /// The program's file.
    let executable: String

    var version: String {
        CommandOutput.of(executable, ["-v"]).flatMap(CommandOutput.version) ?? ""
    }

    func start(workers: Int, upstreamPort: Int) throws -> any Contestant {
        let port = try Loopback.freePort()
        return try Peer({ .openAI(port: port, model: $0) }) { folder in
            let file = "\(folder)/nginx.conf"
            let text = configuration(folder, port, workers: workers, upstreamPort: upstreamPort)
            try TextFile.write(Array(text.utf8), to: file)
            return PeerLaunch(
                name: name,
                program: executable,
                arguments: ["-c", file, "-e", "stderr", "-p", folder],
                startSeconds: 10
            )
        }
    }

    private func configuration(
        _ folder: String,
        _ port: Int,
        workers: Int,
        upstreamPort: Int
    ) -> String {
        // The folder is ours alone, so the workers stay who we are; others than root always do.
        """
        \(geteuid() == 0 ? "user root;" : "")
        daemon off;
        pid \(folder)/pid;
        error_log stderr error;
        worker_processes \(workers);
        worker_rlimit_nofile \(Self.connections + 512);
        events { worker_connections \(Self.connections); }
        http {
            access_log off;
            client_body_temp_path \(folder)/client;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            keepalive_requests 100000000;
            upstream model {
                server 127.0.0.1:\(upstreamPort);
                keepalive 10240;
                keepalive_requests 100000000;
            }
            server {
                listen 127.0.0.1:\(port) backlog=4096;
                location / {
                    proxy_pass http://model;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_buffering off;
                    proxy_read_timeout 300s;
                }
            }
        }

        """
    }
}
