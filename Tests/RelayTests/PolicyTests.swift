import ChatFormats
import HTTPServer
import Testing
import Upstream
import Wire

@testable import Generations
@testable import Relay

/// The small decisions, as tables.
@Suite struct PolicyTests {
    /// The wait after a failed attempt; nil where the same upstream is not asked again.
    private func delay(
        _ policy: RetryPolicy,
        after fault: RetryPolicy.Fault,
        retries: Int,
        jitter: Double
    ) -> Int? {
        let verdict = policy.verdict(
            after: fault,
            retries: retries,
            jitter: jitter,
            hasOthers: false,
            budget: .max
        )
        guard case .again(let milliseconds) = verdict else { return nil }
        return milliseconds
    }

    @Test(arguments: [
        (408, true), (409, true), (429, true), (500, true), (503, true), (529, true), (599, true),
        (300, false), (400, false), (401, false), (403, false), (404, false), (422, false),
        (499, false),
    ])
    func `a status is tried again or not`(status: Int, isRetried: Bool) {
        let policy = RetryPolicy(maxRetries: 2)
        for jitter in [0.0, 1.0] {
            let wait = delay(
                policy,
                after: .status(status, .init(), isOfRequest: false),
                retries: 0,
                jitter: jitter
            )
            #expect((wait != nil) == isRetried)
        }
        // The upstream's own field wins in both directions.
        for word in [true, false] {
            let hints = RetryPolicy.Hints(shouldRetry: word, afterMilliseconds: nil)
            let wait = delay(
                policy,
                after: .status(status, hints, isOfRequest: false),
                retries: 0,
                jitter: 0
            )
            #expect((wait != nil) == word)
        }
    }

    @Test(arguments: [
        (RetryPolicy.Fault.connection(.notConnected("")), true),
        (.connection(.nameNotResolved("")), true), (.connection(.connectTimeout("")), true),
        (.connection(.broken("")), true), (.connection(.insecure("")), false),
        (.connection(.other("")), false), (.inStream(isOverloaded: true, isOfRequest: false), true),
        (.inStream(isOverloaded: false, isOfRequest: false), false), (.paid, false),
        (.lateHead, false), (.unreadable, false), (.unwritable, false), (.leftOut, false),
    ])
    func `a fault without a status is tried again or not`(
        fault: RetryPolicy.Fault,
        isRetried: Bool
    ) {
        let wait = delay(RetryPolicy(maxRetries: 1), after: fault, retries: 0, jitter: 0)
        #expect((wait != nil) == isRetried)
        #expect(delay(RetryPolicy(maxRetries: 1), after: fault, retries: 1, jitter: 0) == nil)
        #expect(delay(RetryPolicy(maxRetries: 0), after: fault, retries: 0, jitter: 0) == nil)
    }

    @Test func `the wait doubles up to eight seconds and is spread by a quarter`() {
        let policy = RetryPolicy(maxRetries: 100)
        let full = [500, 1000, 2000, 4000, 8000, 8000, 8000]
        let broken = RetryPolicy.Fault.connection(.broken(""))
        for (retries, milliseconds) in full.enumerated() {
            #expect(delay(policy, after: broken, retries: retries, jitter: 0) == milliseconds)
            #expect(
                delay(policy, after: broken, retries: retries, jitter: 1) == milliseconds * 3 / 4
            )
        }
        #expect(delay(policy, after: broken, retries: 99, jitter: 0) == 8000)
    }

    @Test(
        arguments: [
            (["Retry-After": "3"], 3000), (["retry-after": "0.5"], 500), (["Retry-After": "0"], 0),
            (["retry-after-ms": "250"], 250), (["retry-after-ms": "250", "Retry-After": "3"], 250),
            (["retry-after-ms": "soon", "Retry-After": "3"], 3000), (["Retry-After": "soon"], nil),
            (["Retry-After": "-3"], nil), (["Retry-After": "+3"], nil), (["Retry-After": ""], nil),
            (["Retry-After": "1e3"], nil), (["Retry-After": "1.2.3"], nil),
            (["Retry-After": "."], nil),
            (["Retry-After": "99999999999999999999"], nil), (["Retry-After": "inf"], nil),
            (["Retry-After": "Thu, 01 Jan 1970 00:16:45 GMT"], 5000),
            (["Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"], 0), ([:], nil),
        ] as [(HeaderFields, Int?)]
    )
    func `hints are read in all their forms`(fields: HeaderFields, milliseconds: Int?) {
        #expect(RetryPolicy.Hints(fields, now: 1000).afterMilliseconds == milliseconds)
    }

    @Test func `a hint is waited up to two minutes, and at once is none`() {
        func wait(_ hint: Int) -> Int? {
            let hints = RetryPolicy.Hints(shouldRetry: nil, afterMilliseconds: hint)
            return delay(
                RetryPolicy(maxRetries: 1),
                after: .status(503, hints, isOfRequest: false),
                retries: 0,
                jitter: 0
            )
        }
        #expect(wait(1) == 1)
        #expect(wait(120_000) == 120_000)
        #expect(wait(120_001) == nil)
        #expect(wait(0) == 500)
    }

    @Test(
        arguments: [
            ("cancel", OnDisconnect.cancel), ("finish", .finish), ("grace:5", .grace(seconds: 5)),
            ("grace:5s", .grace(seconds: 5)), ("grace:0", .grace(seconds: 0)),
            ("grace:86400", .grace(seconds: 86_400)), ("grace:86401", nil), ("grace", nil),
            ("grace:", nil), ("grace:s", nil), ("grace:5m", nil), ("grace:+5", nil),
            ("grace:-1", nil),
            ("grace: 5", nil), ("grace:5ss", nil), ("Cancel", nil), ("", nil),
            ("grace:99999999999999999999", nil),
        ] as [(String, OnDisconnect?)]
    )
    func `what happens at a disconnect is read strictly`(text: String, value: OnDisconnect?) {
        #expect(OnDisconnect(text) == value)
        if let value { #expect(OnDisconnect(value.description) == value) }
    }

    @Test func `ids name their loop, are long and never the same`() {
        var seen: Set<String> = []
        for loop in 0..<GenerationID.maxLoops {
            for _ in 0..<50 {
                let id = GenerationID.make(loop: loop)
                #expect(id.utf8.count == 23)
                #expect(GenerationID.loop(of: id) == loop)
                seen.insert(id)
            }
        }
        #expect(seen.count == 64 * 50)
    }

    @Test(arguments: [
        "", "A", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA.",
        "AAAAAAAAAAAAAAAAAAAAAA ", "AAAAAAAAAAAAAAAAAAAAAAü", "AAAAAAAAAAAAAAAAAAAAAA/",
    ])
    func `a text that is not an id of ours is recognized`(text: String) {
        #expect(GenerationID.loop(of: text) == nil)
    }

    @Test func `an event's id is a generation and a number`() {
        let id = GenerationID.make(loop: 3)
        #expect(EntryID("\(id).0")?.sequence == 0)
        #expect(EntryID("\(id).17")?.sequence == 17)
        #expect(EntryID("\(id).17")?.generation == id)
        let bad = [
            id, "\(id).", "\(id).-1", "\(id).+1", "\(id).1.2", "\(id).x", ".1", "x.1", "\(id).1 ",
            "\(id).9223372036854775807", "\(id).99999999999999999999",
        ]
        for text in bad { #expect(EntryID(text) == nil, "\(text)") }
    }

    @Test(arguments: [
        ("no secret here", "no secret here"), ("", ""),
        ("Incorrect key: sk-abcdefghijkl.", "Incorrect key: sk-***"),
        ("key my+own/key refused", "key *** refused"), ("my+own/keymy+own/key", "******"),
        ("Authorization: Bearer abc.def-ghi_jkl", "Authorization: Bearer ***"),
        ("gsk_0123456789 and xai-0123456789", "gsk_*** and xai-***"),
        ("sk-short", "sk-short"), ("a task-specific-model", "a task-specific-model"),
        ("(sk-0123456789)", "(sk-***)"), ("sk-0123456789", "sk-***"), ("sk-", "sk-"),
        ("\"sk-0123456789\",\"sk-9876543210\"", "\"sk-***\",\"sk-***\""),
        ("ключ sk-0123456789é", "ключ sk-***é"),
        ("Basic dXNlcjpwYXNz refused", "Basic *** refused"),
        ("Basic authentication is needed", "Basic authentication is needed"),
        // URLs: what comes before the @, and what a query reveals.
        ("asked https://me:pass@host:8/v1", "asked https://***@host:8/v1"),
        ("(https://token@host)", "(https://***@host)"),
        ("'http://me:p/a?s#s@host/v1'", "'http://***@host/v1'"),
        ("proxy 'me:pass@host:3128' refused", "proxy '***@host:3128' refused"),
        ("http://host:8080/@cf/model", "http://host:8080/@cf/model"),
        ("http://[::1]:80/@cf and a@b.example", "http://[::1]:80/@cf and a@b.example"),
        ("http://h/v1?api-key=abc&n=1", "http://h/v1?api-key=***&n=1"),
        ("/v1?n=1&Access_Token=abc#x \"?key=1\"", "/v1?n=1&Access_Token=***#x \"?key=***\""),
        ("?tokens=5&keys=2&monkey=3&key=", "?tokens=5&keys=2&monkey=3&key="),
        ("http://a:b@h, http://c:d@h", "http://***@h, http://***@h"),
    ])
    func `secrets are taken out of an upstream's words`(text: String, clean: String) {
        let secrets = ["my+own/key"]
        #expect(Redaction.clean(text, secrets: secrets) == clean)
        #expect(Redaction.clean(clean, secrets: secrets) == clean)
    }

    @Test(arguments: [
        ("http://me:pass@host/v1", "http://***@host/v1"), ("me:pa ss@host", "***@host"),
        ("http://me:pa ss\"@host", "http://***@host"), ("pass@host:80", "***@host:80"),
        ("http://host/v1/@cf", "http://host/v1/@cf"), ("127.0.0.1:80", "127.0.0.1:80"),
        ("https://a.example,https://me:pass@b", "https://***@b"),
        ("http://me:12/34@host/v1/@cf", "http://***@host/v1/@cf"),
        ("http://me:p@s/w@host", "http://***@host"), ("http://me:word/@host", "http://***@host"),
        ("https://me:pass@a,https://me:pass@b", "https://***@b"),
        ("http://[fe80::1]:80/@cf", "http://[fe80::1]:80/@cf"),
    ])
    func `of a wrong address no password is shown`(text: String, clean: String) {
        #expect(Redaction.clean(address: text) == clean)
    }

    @Test func `an upstream's secrets are its key and the password of its URL, in all forms`() {
        var upstream = RelayConfiguration.Upstream(
            name: "openai",
            provider: .openAI,
            baseURL: "http://me:pa%20ss@host/v1",
            key: "the-key",
            model: "m"
        )
        #expect(upstream.secrets == ["the-key", "me:pa%20ss", "pa%20ss", "pa ss"])
        upstream.baseURL = "http://host:80/v1"
        upstream.key = nil
        #expect(upstream.secrets.isEmpty)
    }

    @Test func `every word of a failure is cleaned`() {
        let key = "secret/key"
        var failure = UpstreamFailure(
            .upstreamError,
            .unauthorized,
            type: "bad \(key)",
            message: "no such key: \(key)",
            code: "invalid \(key)"
        )
        failure.detail.param = "headers.\(key)"
        failure.detail.members = [
            JSON.Member(
                key: "raw",
                value: .array([.object([.init(key: key, value: .string(key))])])
            )
        ]
        failure = failure.redacted([key])
        #expect(failure.detail.param == "headers.***")
        var raw: [UInt8] = []
        failure.detail.members[0].value.write(into: &raw)
        #expect(String(decoding: raw, as: UTF8.self) == #"[{"***":"***"}]"#)
        #expect(failure.type == "bad ***")
        #expect(failure.message == "no such key: ***")
        #expect(failure.code == "invalid ***")
    }

    @Test(arguments: [
        (300, 502), (204, 502), (0, 502), (400, 400), (401, 401), (403, 403), (404, 404),
        (418, 418),
        (429, 429), (500, 500), (503, 503), (529, 529), (599, 599), (600, 502), (999, 502),
    ])
    func `an upstream's status is passed on where it is an error`(upstream: Int, client: Int) {
        #expect(Status(upstreamCode: upstream).code == client)
    }
}
