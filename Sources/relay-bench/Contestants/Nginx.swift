import Glibc

/// nginx as a proxy that passes each piece on at once: the reference.
struct NginxKind: ContestantKind {
    /// For 10,000 streams, each a connection on both sides.
    ///
    /// A sixteenth more than the streams need: if fewer than that are free, nginx resets
    /// connections that have not asked yet.
    private static let connections = 22_528

    let name = "nginx"
    /// The program's file.
    let executable: String

    var version: String {
        CommandOutput.of(executable, ["-v"]).flatMap(CommandOutput.version) ?? ""
    }

    func start(workers: Int, upstreamPort: Int) throws -> any Contestant {
        try Peer { place in
            let text = configuration(place, workers: workers, upstreamPort: upstreamPort)
            let file = try place.write(text, to: "nginx.conf")
            return PeerLaunch(
                name: name,
                program: executable,
                arguments: ["-c", file, "-e", "stderr", "-p", place.folder],
                startSeconds: 10
            )
        }
    }

    private func configuration(_ place: PeerPlace, workers: Int, upstreamPort: Int) -> String {
        // Only our user may read the folder, so root's workers must stay root; others always do.
        """
        \(geteuid() == 0 ? "user root;" : "")
        daemon off;
        pid \(place.folder)/pid;
        error_log stderr error;
        worker_processes \(workers);
        worker_rlimit_nofile \(Self.connections + 512);
        events { worker_connections \(Self.connections); }
        http {
            access_log off;
            client_body_temp_path \(place.folder)/client;
            proxy_temp_path \(place.folder)/proxy;
            fastcgi_temp_path \(place.folder)/fastcgi;
            uwsgi_temp_path \(place.folder)/uwsgi;
            scgi_temp_path \(place.folder)/scgi;
            keepalive_requests 100000000;
            upstream model {
                server 127.0.0.1:\(upstreamPort);
                keepalive 10240;
                keepalive_requests 100000000;
            }
            server {
                listen 127.0.0.1:\(place.port) backlog=4096;
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
