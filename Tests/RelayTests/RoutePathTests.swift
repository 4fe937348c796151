import Testing
import Wire

@testable import Generations
@testable import Relay

/// A slash too many, as clients write it that join URLs by hand, does not keep a request from its
/// route.
@Suite struct RoutePathTests {
    @Test(arguments: [
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("//v1/chat/completions", "/v1/chat/completions"),
        ("/v1//models", "/v1/models"), ("/v1/models//", "/v1/models"),
        ("///chat///stream///", "/chat/stream"), ("//", "/"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("//v1//v1/v1/models/", "/v1/models"),
        ("/chat/streams/a/", "/chat/streams/a"), ("//chat/streams//a", "/chat/streams/a"),
        ("/chat/conversations/", "/chat/conversations"),
        ("//chat/conversations/a//b/", "/chat/conversations/a//b/"),
        ("//chat/conversations//a", "/chat/conversations//a"),
        ("/chat/conversations/a//b/", "/chat/conversations/a//b/"),
    ])
    func `what is too much is left out`(path: String, tidy: String) {
        #expect(RoutePath.tidied(path) == tidy)
    }

    @Test(arguments: ["/", "/v1/models", "/v1/v1", "/chat/stream", "/chat/conversations/a/b"])
    func `a tidy path stays`(path: String) {
        #expect(RoutePath.tidied(path) == nil)
    }

    @Test(.timeLimit(.minutes(5)))
    func `requests with a slash too many are answered by their routes`() async throws {
        try await withRelay(page: true) { relay in
            let ours = #"{"message":"x","model":"simulator?tokens=1"}"#
            let theirs =
                #"{"messages":[{"role":"user","content":"x"}],"model":"simulator?tokens=1"}"#
            let posts = [
                ("/chat/stream/", ours), ("//chat/stream", ours), ("/stream-chat/", ours),
                ("/v1/chat/completions/", theirs), ("//v1/chat/completions", theirs),
                ("/v1/v1/chat/completions?x=1", theirs),
            ]
            for (target, body) in posts {
                let (head, _) = try relay.exchange("POST", target, body: body)
                #expect(head.status == 200, "\(target)")
            }
            for target in ["/v1/models/", "//v1//models", "/healthz/", "/chat/conversations/"] {
                let (head, _) = try relay.exchange("GET", target)
                #expect(head.status == 200, "\(target)")
            }
            let (wrong, json) = try relay.exchange("PUT", "//v1/models/")
            #expect(wrong.status == 405)
            #expect(wrong.fields.first("Allow") == "GET, HEAD, OPTIONS")
            // In the shape that OpenAI's clients look for.
            #expect(json["error"]?["param"] != nil)
            // Files have rules of their own.
            #expect(try relay.exchange("GET", "/index.html").head.status == 200)
            #expect(try relay.exchange("GET", "/nothing//here/").head.status == 404)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a conversation's id keeps its slashes`() async throws {
        try await withRelay { relay in
            for id in ["a/b", "a/b/"] {
                let body =
                    #"{"message":"x","model":"simulator?tokens=1","conversation":"\#(id)"}"#
                #expect(try relay.exchange("POST", "/chat/stream", body: body).head.status == 200)
            }
            for id in ["a/b", "a/b/"] {
                let (head, json) = try relay.exchange("DELETE", "/chat/conversations/\(id)")
                #expect(head.status == 200 || head.status == 204, "\(id): \(json)")
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a conversation may begin with a mark that joins the slash before it`() async throws {
        try await withRelay { relay in
            let body = #"{"message":"x","model":"simulator?tokens=1","conversation":"\u0301x"}"#
            let client = try relay.connect()
            client.request("POST", "/chat/stream", body: body)
            let id = try client.readHead().id
            _ = try client.readEvents()
            _ = try relay.record(id)
            let path = "/chat/conversations/%CC%81x"
            #expect(try relay.exchange("GET", path).head.status == 200)
            #expect(try relay.exchange("DELETE", path).head.status == 204)
            #expect(try relay.exchange("GET", path).head.status == 404)
        }
    }
}
