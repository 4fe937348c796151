import Testing
import Wire

@testable import Generations
@testable import Relay

/// Bad input gets a status and a message that names what was wrong and what was expected.
@Suite struct BadRequestTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var method = "POST"
        var target = "/chat/stream"
        var body: String?
        var status = 400
        var code: String?
        var message: String
        var testDescription: String { "\(method) \(target) \(body ?? "")" }
    }

    private static let dialects =
        "expected one of events, text, tokens, content, openai, ndjson, plain"

    private static let table: [Bad] = [
        Bad(
            body: "",
            message: "the request body is not valid JSON: the text ends too early, at byte 0"
        ),
        Bad(
            body: #"{"message":"x",}"#,
            message:
                "the request body is not valid JSON: expected a member name in quotes at byte 15"
        ),
        Bad(
            body: "[]",
            code: "body",
            message: "body: expected a JSON object, found an empty array"
        ),
        Bad(body: "{}", message: "no prompt: give one of message, prompt or messages"),
        Bad(
            body: #"{"message":""}"#,
            code: "message",
            message: "message is empty: a prompt needs some text"
        ),
        Bad(
            body: #"{"message":7}"#,
            code: "message",
            message: "message: expected a string, found 7"
        ),
        Bad(
            body: #"{"message":"x","prompt":"y"}"#,
            code: "message",
            message: "message and prompt exclude each other: give one of them"
        ),
        Bad(
            body: #"{"message":"x","temprature":1}"#,
            code: #""temprature""#,
            message:
                #"unknown field "temprature": what is meant for the model's server goes under extra"#
        ),
        Bad(
            body: #"{"message":"x","temperature":"hot"}"#,
            code: "temperature",
            message: #"temperature: expected a number, found "hot""#
        ),
        Bad(
            body: #"{"message":"x","max_tokens":1.5}"#,
            code: "max_tokens",
            message: "max_tokens: expected a whole number, found 1.5"
        ),
        Bad(
            body: #"{"messages":[{"role":"king","content":"x"}]}"#,
            code: "messages[0].role",
            message: "messages[0].role: expected system, developer, user, assistant or tool,"
                + #" found "king""#
        ),
        Bad(
            body: #"{"messages":[{"role":"user"}]}"#,
            code: "messages[0].content",
            message: "messages[0].content is missing: expected a string or an array of parts"
        ),
        Bad(
            body: #"{"message":"x","stream":false}"#,
            code: "stream",
            message:
                "stream: expected true (/v1/chat/completions answers without a stream), found false"
        ),
        Bad(
            body: #"{"message":"x","format":"xml"}"#,
            code: "format",
            message: "format: " + dialects
        ),
        Bad(
            target: "/chat/stream?format=xml",
            body: #"{"message":"x"}"#,
            code: "format",
            message: "format: " + dialects
        ),
        Bad(
            target: "/chat/stream?on_disconnect=stay",
            body: #"{"message":"x"}"#,
            code: "on_disconnect",
            message: "on_disconnect: expected cancel, finish or grace:<seconds> up to 86400"
        ),
        Bad(
            body: #"{"message":"x","on_disconnect":"grace:86401"}"#,
            code: "on_disconnect",
            message: "on_disconnect: expected cancel, finish or grace:<seconds> up to 86400"
        ),
        Bad(
            target: "/chat/stream?a=%zz",
            body: #"{"message":"x"}"#,
            code: "query",
            message: "the query cannot be read: expected name=value pairs in UTF-8 with"
                + " percent-encoding"
        ),
        Bad(
            method: "GET",
            target: "/chat/stream?prompt=%FF",
            code: "query",
            message: "the query cannot be read: expected name=value pairs in UTF-8 with"
                + " percent-encoding"
        ),
        Bad(method: "GET", message: "no prompt: give one of message, prompt or messages"),
        Bad(
            method: "GET",
            target: "/chat/stream?prompt=+",
            code: "prompt",
            message: "prompt is empty: a prompt needs some text"
        ),
        Bad(
            method: "GET",
            target: "/chat/stream?prompt=x&temperature=hot",
            code: "temperature",
            message: #"temperature: expected a number, found "hot""#
        ),
        Bad(
            method: "PUT",
            body: "{}",
            status: 405,
            message: "PUT is not possible on /chat/stream; GET, POST, OPTIONS are"
        ),
        Bad(
            method: "GET",
            target: "/stream-chat",
            status: 405,
            message: "GET is not possible on /stream-chat; POST, OPTIONS are"
        ),
        Bad(
            method: "BREW",
            body: "",
            status: 501,
            message: "the method BREW is not known here"
        ),
    ]

    @Test(.timeLimit(.minutes(5)), arguments: table)
    func `what is wrong is named`(bad: Bad) async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange(bad.method, bad.target, body: bad.body)
            #expect(head.status == bad.status)
            #expect(head.fields.first("Content-Type") == "application/json")
            let error = json["error"]
            #expect(error?["message"]?.stringValue == bad.message)
            #expect(error?["type"]?.stringValue == "invalid_request_error")
            #expect(error?["code"] == (bad.code.map(JSON.string) ?? .null))
            #expect(error?["param"] == nil)
            #expect(json.members?.count == 1)
            #expect(relay.calls("simulator").calls == 0)
            #expect(try relay.records().isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a method that is not possible comes with those that are`() async throws {
        try await withRelay { relay in
            let table = [
                ("DELETE", "/chat/stream", "GET, POST, OPTIONS"),
                ("GET", "/chat/completions", "POST, OPTIONS"),
                ("GET", "/v1/chat/completions", "POST, OPTIONS"),
                ("POST", "/v1/models", "GET, HEAD, OPTIONS"),
                ("DELETE", "/v1/models/org/name", "GET, HEAD, OPTIONS"),
                ("GET", "/v1/embeddings", "POST, OPTIONS"),
                ("GET", "/v1/completions", "POST, OPTIONS"),
                ("POST", "/chat/history", "GET, HEAD, OPTIONS"),
                ("PUT", "/chat/conversations", "GET, HEAD, OPTIONS"),
                ("POST", "/chat/conversations/x", "GET, HEAD, DELETE, OPTIONS"),
                ("POST", "/", "GET, HEAD, OPTIONS"),
                ("HEAD", "/chat/streams/x", "GET, DELETE, OPTIONS"),
                ("HEAD", "/chat/stream", "GET, POST, OPTIONS"),
                ("POST", "/chat/streams/x", "GET, DELETE, OPTIONS"),
                ("PUT", "/api/streaming", "GET, POST, OPTIONS"),
            ]
            for (method, target, allowed) in table {
                let (head, _) = try relay.exchange(method, target)
                #expect(head.status == 405)
                #expect(head.fields.all("Allow") == [allowed])
                let (options, _) = try relay.exchange("OPTIONS", target)
                #expect(options.status == 204)
                #expect(options.fields.all("Allow") == [allowed])
            }
            #expect(try relay.exchange("OPTIONS", "*").head.status == 204)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8",
            "nonsense", "",
        ]
    )
    func `JSON is read whatever the type says`(type: String) async throws {
        try await withRelay { relay in
            let (head, _) = try relay.exchange(
                "POST",
                "/chat/stream",
                type.isEmpty ? [:] : ["Content-Type": type],
                body: #"{"message":"x","model":"simulator?tokens=1"}"#
            )
            #expect(head.status == 200)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `an option left empty counts as absent`() async throws {
        try await withRelay { relay in
            let heard = try relay.get(
                "simulator?tokens=1",
                more: "&format=&on_disconnect=&temperature=&system="
            )
            #expect(heard.last.name == "done")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a request to a path without a route is answered with the routes for its method`()
        async throws
    {
        try await withRelay(page: true) { relay in
            for (method, known) in [
                ("POST", "/chat/stream, /stream-chat"), ("DELETE", "/chat/streams/{id}"),
                ("PUT", "none"),
            ] {
                let (head, json) = try relay.exchange(method, "/somewhere/else", body: "{}")
                #expect(head.status == 404)
                #expect(json["error"]?["code"]?.stringValue == "not_found")
                #expect(json["error"]?["message"]?.stringValue?.contains(known) == true)
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `small JSON answers to GET and HEAD`() async throws {
        try await withRelay { relay in
            let targets = [
                "/healthz", "/readyz", "/v1/models", "/v1/models/simulator", "/chat/history",
                "/chat/conversations",
                "/chat/history?format=jsonl",
            ]
            for target in targets {
                let get = try relay.exchange("GET", target)
                #expect(get.head.status == 200)
                let head = try relay.exchange("HEAD", target)
                #expect(head.head.status == 200)
                let length = get.head.fields.first("Content-Length")
                #expect(head.head.fields.first("Content-Length") == length)
            }
            let (unknown, _) = try relay.exchange("GET", "/nothing/here")
            #expect(unknown.status == 404)
        }
    }
}
