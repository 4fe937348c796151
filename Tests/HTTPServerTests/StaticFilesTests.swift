import Glibc
import HTTPServer
import Loop
import Synchronization
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1)))
struct StaticFilesTests {
    private let folder = Folder()
    private let digits = "0123456789"

    init() {
        folder.write("index.html", "<title>root</title>")
        folder.write("digits.txt", digits)
        folder.write("empty.txt", "")
        folder.write(".secret", "hidden content")
        folder.write("a b.txt", "blank")
        folder.makeFolder("sub")
        folder.write("sub/index.html", "<title>sub</title>")
        folder.write("sub/deep.css", "p {}")
        folder.makeFolder("bare")
        folder.makeFolder(".git")
        folder.write(".git/config", "hidden content")
        folder.makePipe("pipe")
        folder.link("link", to: "digits.txt")
        folder.link("whole-link", to: "\(folder.path)/digits.txt")
        folder.link("sub/up", to: "../sub")
        folder.link("self", to: ".")
        folder.link("out", to: "/etc")
        folder.link("above", to: "..")
        folder.link("dangling", to: "nowhere")
        folder.link("loop", to: "loop")
        folder.link("linked-pipe", to: "pipe")
        // Begins like the folder's own path.
        folder.link("beside", to: "\(folder.path)-beside")
        folder.setModified("digits.txt", 784_111_777)
    }

    private func server(_ limits: ServerLimits = ServerLimits()) throws -> TestServer {
        let files = LoopFiles(folder.path)
        return try TestServer(limits: limits) { exchange, _ in files.respond(exchange) }
    }

    @Test func `a file comes with its type, its tag and its date`() async throws {
        let server = try server()
        let client = server.client()
        let response = client.get("/digits.txt")
        #expect(response?.status == 200)
        #expect(response?.text == digits)
        #expect(response?["Content-Type"] == "text/plain; charset=utf-8")
        #expect(response?["Content-Length"] == "10")
        #expect(response?["Last-Modified"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(response?["ETag"]?.hasPrefix("\"") == true)
        #expect(response?["Accept-Ranges"] == "bytes")
        #expect(response?["X-Of-Files"] == "yes")
        #expect(client.get("/empty.txt")?["Content-Length"] == "0")
        #expect(client.get("/a%20b.txt")?.text == "blank")
        await server.stop()
    }

    @Test func `pages have fields of their own, fresh or not, and other files do not`()
        async throws
    {
        folder.write("page.HTM", "<title>page</title>")
        let server = try server()
        let client = server.client()
        for path in ["/", "/index.html", "/page.HTM", "/sub/"] {
            let page = client.get(path)
            #expect(page?.status == 200)
            #expect(page?["Set-Cookie"] == "a=b")
            #expect(page?["Cache-Control"] == "no-cache")
            let tag = page?["ETag"] ?? ""
            let fresh = client.get(path, "If-None-Match: \(tag)")
            #expect(fresh?.status == 304)
            #expect(fresh?["Set-Cookie"] == "a=b")
            #expect(fresh?["ETag"] == tag)
        }
        for path in ["/digits.txt", "/sub/deep.css", "/sub", "/nothing.html"] {
            #expect(client.get(path)?["Set-Cookie"] == nil, "\(path)")
        }
        await server.stop()
    }

    @Test func `each extension has its type`() async throws {
        let server = try server()
        let client = server.client()
        for (name, type) in [
            ("x.html", "text/html; charset=utf-8"), ("x.CSS", "text/css; charset=utf-8"),
            ("x.js", "text/javascript; charset=utf-8"),
            ("x.min.mjs", "text/javascript; charset=utf-8"),
            ("x.json", "application/json"), ("x.svg", "image/svg+xml"), ("x.png", "image/png"),
            ("x.ico", "image/x-icon"), ("x.woff2", "font/woff2"), ("x.wasm", "application/wasm"),
            ("x.webmanifest", "application/manifest+json"),
            ("x.unknown", "application/octet-stream"),
            ("README", "application/octet-stream"),
        ] {
            folder.write(name, "x")
            #expect(client.get("/\(name)")?["Content-Type"] == type)
        }
        await server.stop()
    }

    @Test func `a folder stands for its index, and its name without the slash leads there`()
        async throws
    {
        let server = try server()
        let client = server.client()
        #expect(client.get("/")?.text == "<title>root</title>")
        #expect(client.get("/?query")?.text == "<title>root</title>")
        #expect(client.get("/sub/")?.text == "<title>sub</title>")
        #expect(client.get("/sub/deep.css")?.text == "p {}")
        #expect(client.get("/bare/")?.status == 404)
        for (target, location) in [
            ("/sub", "/sub/"), ("/sub?a=b%20c", "/sub/?a=b%20c"), ("//sub", "/sub/"),
        ] {
            let response = client.get(target)
            #expect(response?.status == 301)
            #expect(response?["Location"] == location)
        }
        await server.stop()
    }

    @Test(arguments: [
        "/../etc/passwd", "/sub/../../etc/passwd", "/%2e%2e/etc/passwd", "/%2e%2e%2fetc%2fpasswd",
        "/..%2f..%2fetc%2fpasswd", "/sub/%2E%2E/%2E%2E/etc/passwd", "/./digits.txt", "/.", "/..",
        "//etc/passwd", "/%2fetc%2fpasswd", "/.secret", "/%2esecret", "/.git/config", "/sub/.",
        "/out/passwd", "/out", "/out/", "/above", "/above/", "/dangling", "/loop", "/loop/x",
        "/self/out/passwd", "/linked-pipe", "/beside", "/beside/index.html",
        "/pipe", "/digits.txt/", "/digits.txt/x",
        "/nothing",
        "/index.html/../digits.txt", "/\(String(repeating: "x", count: 300))",
    ])
    func `no path leads out of the folder, to dot files or what is no file`(
        target: String
    ) async throws {
        let server = try server()
        let client = server.client()
        let response = client.get(target)
        #expect(response?.status == 404)
        #expect(response?.text.contains("hidden content") == false)
        #expect(response?.text.contains("not_found_error") == true)
        #expect(client.get("/digits.txt")?.text == digits)
        await server.stop()
    }

    @Test(arguments: [
        ("/link", "0123456789"), ("/whole-link", "0123456789"), ("/sub/up/deep.css", "p {}"),
        ("/self/digits.txt", "0123456789"), ("/self/sub/up/", "<title>sub</title>"),
    ])
    func `a link is followed where it stays inside the folder`(
        target: String,
        content: String
    ) async throws {
        let server = try server()
        let response = server.client().get(target)
        #expect(response?.status == 200)
        #expect(response?.text == content)
        await server.stop()
    }

    @Test func `a client that means another version is told so`() async throws {
        let server = try server()
        let client = server.client()
        let tag = client.get("/digits.txt")?["ETag"] ?? ""
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        let later = "Sun, 06 Nov 1994 08:49:38 GMT"
        let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
        for (fields, status) in [
            (["If-Match: \(tag)"], 200), (["If-Match: *"], 200), (["If-Match: \"other\""], 412),
            (["If-Match: W/\(tag)"], 412), (["If-Match: \"other\"", "If-Match: \(tag)"], 200),
            (["If-Unmodified-Since: \(date)"], 200), (["If-Unmodified-Since: \(later)"], 200),
            (["If-Unmodified-Since: \(earlier)"], 412),
            (["If-Unmodified-Since: yesterday"], 200),
            (["If-Match: \(tag)", "If-Unmodified-Since: \(earlier)"], 200),
            (["If-Match: \"other\"", "If-None-Match: \(tag)"], 412),
            (["If-Match: \(tag)", "If-None-Match: \(tag)"], 304),
            (["If-Match: \"other\"", "Range: bytes=0-3"], 412),
        ] {
            for method in ["GET", "HEAD"] {
                let response = client.ask(
                    "\(method) /digits.txt HTTP/1.1\r\nHost: x\r\n"
                        + fields.joined(separator: "\r\n") + "\r\n\r\n",
                    hasContent: method == "GET"
                )
                #expect(response?.status == status, "\(method) \(fields)")
            }
        }
        await server.stop()
    }

    @Test func `a client with a current copy is told so`() async throws {
        let server = try server()
        let client = server.client()
        let tag = client.get("/digits.txt")?["ETag"] ?? ""
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        let later = "Sun, 06 Nov 1994 08:49:38 GMT"
        let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
        for (fields, status) in [
            (["If-None-Match: \(tag)"], 304), (["If-None-Match: \"other\", W/\(tag)"], 304),
            (["If-None-Match: *"], 304), (["If-None-Match: \"other\""], 200),
            (["If-None-Match: \"other\"", "If-None-Match: \(tag)"], 304),
            (["If-Modified-Since: \(date)"], 304), (["If-Modified-Since: \(later)"], 304),
            (["If-Modified-Since: \(earlier)"], 200), (["If-Modified-Since: yesterday"], 200),
            (["If-None-Match: \"other\"", "If-Modified-Since: \(later)"], 200),
        ] {
            client.send(
                "GET /digits.txt HTTP/1.1\r\nHost: x\r\n\(fields.joined(separator: "\r\n"))\r\n\r\n"
            )
            let response = client.response()
            #expect(response?.status == status, "\(fields)")
            #expect(response?["ETag"] == tag)
            #expect(response?.text == (status == 304 ? "" : digits))
        }
        folder.write("digits.txt", "new content")
        #expect(client.get("/digits.txt", "If-None-Match: \(tag)")?.text == "new content")
        await server.stop()
    }

    @Test func `ranges are answered with the part, and refused where there is none`() async throws {
        let server = try server()
        let client = server.client()
        for (range, status, content, field) in [
            ("bytes=0-3", 206, "0123", "bytes 0-3/10"), ("bytes=8-", 206, "89", "bytes 8-9/10"),
            ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=5-100", 206, "56789", "bytes 5-9/10"),
            ("bytes=-100", 206, digits, "bytes 0-9/10"), ("bytes=9-9", 206, "9", "bytes 9-9/10"),
            ("bytes=3-1", 200, digits, nil), ("bytes=0-1,3-4", 200, digits, nil),
            ("lines=0-3", 200, digits, nil), ("bytes=10-", 416, nil, "bytes */10"),
            ("bytes=-0", 416, nil, "bytes */10"),
        ] as [(String, Int, String?, String?)] {
            let response = client.get("/digits.txt", "Range: \(range)")
            #expect(response?.status == status, "\(range)")
            if let content { #expect(response?.text == content, "\(range)") }
            #expect(response?["Content-Range"] == field, "\(range)")
        }
        await server.stop()
    }

    @Test func `a part is given only of the version that the client has`() async throws {
        let server = try server()
        let client = server.client()
        let tag = client.get("/digits.txt")?["ETag"] ?? ""
        for (condition, status) in [
            (tag, 206), ("Sun, 06 Nov 1994 08:49:37 GMT", 206), ("\"other\"", 200),
            ("W/\(tag)", 200),
            ("Sun, 06 Nov 1994 08:49:38 GMT", 200),
        ] {
            let response = client.get("/digits.txt", "Range: bytes=0-0", "If-Range: \(condition)")
            #expect(response?.status == status, "\(condition)")
        }
        await server.stop()
    }

    @Test func `a HEAD is a GET without content, and all other methods are refused`() async throws {
        let server = try server()
        let client = server.client()
        let head = client.ask("HEAD /digits.txt HTTP/1.1\r\nHost: x\r\n\r\n", hasContent: false)
        #expect(head?.status == 200)
        #expect(head?["Content-Length"] == "10")
        #expect(head?["ETag"] == client.get("/digits.txt")?["ETag"])
        for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
            let response = client.ask("\(method) /digits.txt HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(response?.status == 405)
            #expect(response?["Allow"] == "GET, HEAD")
        }
        let missing = client.ask("HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n", hasContent: false)
        #expect(missing?.status == 404)
        #expect(client.get("/digits.txt")?.text == digits)
        await server.stop()
    }

    @Test func `a large file comes whole through a small window`() async throws {
        var bytes: [UInt8] = []
        for number in 0..<8000 {
            bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1000)
        }
        folder.write("large.bin", bytes)
        let server = try server()
        let client = server.client(receiveBufferBytes: 16 * 1024)
        #expect(client.get("/large.bin")?.content == bytes)
        #expect(client.get("/digits.txt")?.text == digits)
        let part = client.get("/large.bin", "Range: bytes=1000000-7999999")
        #expect(part?.content == Array(bytes[1_000_000..<8_000_000]))
        await server.stop()
    }

    @Test func `a file that shrinks on its way does not look whole`() async throws {
        folder.write("large.bin", [UInt8](repeating: 1, count: 32 * 1024 * 1024))
        let server = try server()
        let client = server.client(receiveBufferBytes: 16 * 1024)
        client.send("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        client.receive()
        folder.cut("large.bin", to: 1000)
        let (text, ending) = client.readToEnd()
        #expect(text.utf8.count < 32 * 1024 * 1024)
        #expect(ending == .reset)
        await server.stop()
    }

    @Test func `a client that leaves in the middle of a file leaves no descriptor open`()
        async throws
    {
        folder.write("large.bin", [UInt8](repeating: 1, count: 16 * 1024 * 1024))
        let server = try server()
        let before = openDescriptorCount()
        for _ in 0..<200 {
            let client = server.client(receiveBufferBytes: 16 * 1024)
            client.send("GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            client.receive()
            client.reset()
        }
        try await eventually { await server.connectionCount == 0 }
        try await eventually { openDescriptorCount() <= before + 60 }
        await server.stop()
    }
}
