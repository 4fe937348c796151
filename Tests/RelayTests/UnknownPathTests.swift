import Testing
import Wire

@testable import Generations
@testable import Relay

/// A path without a route is answered with what may have been meant.
@Suite struct UnknownPathTests {
    private static let table: [(String, String, String)] = [
        ("POST", "/v1/responses", "Responses API is not here; POST /v1/chat/completions is"),
        ("POST", "/v1/embedding", "did you mean /v1/embeddings?"),
        ("POST", "/embeddings", "did you mean /v1/embeddings?"),
        ("POST", "/v1/moderations", "POST /v1/chat/completions is"),
        ("POST", "/v1/images/generations", "images are not here"),
        ("GET", "/v1/files", "/v1/files is not here"),
        (
            "POST", "/openai/deployments/m/chat/completions?api-version=1",
            "base_url that ends in /v1"
        ),
        ("POST", "/v1/chat/completion", "did you mean /v1/chat/completions?"),
        ("POST", "/chat/completion", "did you mean /chat/completions?"),
        ("POST", "/completions", "did you mean /v1/completions?"),
        ("POST", "/responses", "Responses API is not here"),
        ("GET", "/chat/histroy", "did you mean /chat/history?"),
        ("GET", "/v1/model", "did you mean /v1/models?"),
    ]

    @Test(.timeLimit(.minutes(5)))
    func `a near miss and another API are 404 with what is here`() async throws {
        for page in [true, false] {
            try await withRelay(page: page) { relay in
                for (method, target, words) in Self.table {
                    let (head, json) = try relay.exchange(
                        method,
                        target,
                        body: method == "POST" ? "{}" : nil
                    )
                    #expect(head.status == 404, "\(method) \(target)")
                    let error = json["error"]
                    #expect(error?["code"]?.stringValue == "not_found")
                    #expect(error?["message"]?.stringValue?.contains(words) == true, "\(target)")
                    let isOpenAI = target.hasPrefix("/v1/") || target.hasPrefix("/openai/")
                    #expect((error?["param"] == .null) == isOpenAI)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `clients of another API find their own shape`() async throws {
        try await withRelay { relay in
            for path in ["/v1/messages", "/v1/messages/count_tokens"] {
                let (head, json) = try relay.exchange("POST", path, body: "{}")
                #expect(head.status == 404)
                #expect(json["type"]?.stringValue == "error")
                #expect(json["error"]?["type"]?.stringValue == "not_found_error")
            }
            for (method, path) in [
                ("POST", "/api/chat"), ("GET", "/api/tags"), ("GET", "/api/version"),
            ] {
                let (head, json) = try relay.exchange(
                    method,
                    path,
                    body: method == "POST" ? "{}" : nil
                )
                #expect(head.status == 404)
                #expect(json["error"]?.stringValue?.contains("/v1/chat/completions") == true)
            }
        }
    }

    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#
    private static let model = #""model":"simulator?tokens=2&interval_ms=0""#

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (["x-stainless-lang": "python"], "{\(model),\(messages)}"),
            (["User-Agent": "OpenAI/Python 2.8.0"], "{\(model),\(messages)}"),
            (["User-Agent": "langchain-openai/1"], "{\(model),\(messages)}"),
            ([:], "{\(model),\(messages),\"tools\":[]}"),
            ([:], "{\(model),\(messages),\"stream\":false}"),
            (["Authorization": "Bearer k"], "{\(model),\(messages)}"),
        ] as [(HeaderFields, String)]
    )
    func `a library without v1 in its base URL gets an answer that it can read`(
        fields: HeaderFields,
        body: String
    ) async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange("POST", "/chat/completions", fields, body: body)
            #expect(head.status == 200)
            #expect(json["object"]?.stringValue == "chat.completion")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a library's error has its shape there too, after the request was taken`() async throws {
        try await withRelay { relay in
            let (head, json) = try relay.exchange(
                "POST",
                "/chat/completions",
                ["x-stainless-lang": "js"],
                body: #"{"model":"simulator?status=400",\#(Self.messages)}"#
            )
            #expect(head.status == 400)
            #expect(json["error"]?["param"] == .null)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ([:], "{\(model),\"message\":\"hi\"}"), ([:], "{\(model),\(messages),\"stream\":true}"),
            ([:], "{\(model),\(messages)}"),
            (
                ["Authorization": "Bearer k", "Sec-Fetch-Mode": "cors"],
                "{\(model),\(messages),\"stream\":true}"
            ),
        ] as [(HeaderFields, String)]
    )
    func `a page stays with its own events`(fields: HeaderFields, body: String) async throws {
        try await withRelay { relay in
            let client = try relay.connect()
            client.request("POST", "/chat/completions", fields, body: body)
            #expect(try client.readHead().status == 200)
            let events = try client.readEvents()
            #expect(events.first?.json["content"]?.stringValue != nil)
            #expect(events.last?.data == "[DONE]")
        }
    }
}
