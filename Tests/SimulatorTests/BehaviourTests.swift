import Testing

@testable import Simulator

struct BehaviourTests {
    @Test
    func `a name without options has the default behaviour and speed`() throws {
        let behaviour = try Behaviour(modelName: "gpt-4o")
        #expect(behaviour == Behaviour(model: "gpt-4o"))
        #expect(behaviour.intervalMilliseconds == 25)
        #expect(try Behaviour(modelName: "m?") == Behaviour(model: "m"))
        #expect(try Behaviour(modelName: "?tokens=1").model == "simulator")
    }

    static let good: [(String, @Sendable (inout Behaviour) -> Void)] = [
        ("tokens=5", { $0.tokens = 5 }),
        ("tokens=0", { $0.tokens = 0 }),
        ("interval_ms=0", { $0.intervalMilliseconds = 0 }),
        ("interval_us=100", { $0.intervalMicroseconds = 100 }),
        ("send_each=1", { $0.sendsEach = true }),
        ("first_ms=700", { $0.firstMilliseconds = 700 }),
        (
            "pause_after=3&pause_ms=20",
            { behaviour in
                behaviour.pauseAfter = 3
                behaviour.pauseMilliseconds = 20
            }
        ),
        ("say=a+b%26%C3%BC%0A", { $0.say = "a b&ü\n" }),
        ("say=", { $0.say = "" }),
        ("echo=1", { $0.echoes = true }),
        ("echo=0", { $0.echoes = false }),
        ("chunk_bytes=1", { $0.chunkBytes = 1 }),
        ("batch=10", { $0.batch = 10 }),
        ("crlf=1", { $0.lineEnd = .crlf }),
        ("cr=1", { $0.lineEnd = .cr }),
        ("comments=1", { $0.hasComments = true }),
        ("split_utf8=1", { $0.splitsUTF8 = true }),
        (
            "status=429&retry_after=Wed%2C+21+Oct+2015&retry_after_ms=1.5&times=2",
            { behaviour in
                behaviour.status = 429
                behaviour.retryAfter = "Wed, 21 Oct 2015"
                behaviour.retryAfterMilliseconds = "1.5"
                behaviour.times = 2
            }
        ),
        ("cut_after=0", { $0.cutAfter = 0 }),
        ("reset_after=1", { $0.resetAfter = 1 }),
        ("truncate_chunk_after=2", { $0.truncateChunkAfter = 2 }),
        ("error_after=3", { $0.errorAfter = 3 }),
        ("bad_json_after=4", { $0.badJSONAfter = 4 }),
        ("line_bytes=17000000", { $0.lineBytes = 17_000_000 }),
        ("reasoning=6", { $0.reasoningTokens = 6 }),
        ("finish_word=MAX_TOKENS", { $0.finishWord = "MAX_TOKENS" }),
        ("with=citations,image", { $0.beside = [.citations, .image] }),
        ("shape=whole", { $0.shape = Shape.named("whole") }),
        ("calls=2", { $0.calls = 2 }),
        ("finish=length", { $0.finish = .length }),
        ("finish=content_filter", { $0.finish = .contentFilter }),
        ("finish=tool_calls", { $0.finish = .toolCalls }),
        ("no_usage=1", { $0.omitsUsage = true }),
        ("hang=1", { $0.hangs = true }),
        ("http=close", { $0.closesConnection = true }),
        ("content_type=text%2Fhtml", { $0.contentType = "text/html" }),
        ("done_only=1", { $0.saysDoneOnly = true }),
        ("no_done=1", { $0.omitsDone = true }),
    ]

    @Test(arguments: good.indices)
    func `each option sets what it names and nothing else`(index: Int) throws {
        let (options, change) = Self.good[index]
        var expected = Behaviour(model: "m")
        change(&expected)
        #expect(try Behaviour(modelName: "m?" + options) == expected)
    }

    @Test(arguments: [
        ("tokes=5", BehaviourError.unknownKey("tokes")),
        ("Tokens=5", .unknownKey("Tokens")),
        ("=5", .unknownKey("")),
        ("tokens=5&tokens=5", .repeatedKey("tokens")),
        ("say=%zz", .malformed),
        ("say=%FF", .malformed),
        ("cr=1&crlf=1", .conflict("cr", "crlf")),
        ("say=x&echo=1", .conflict("say", "echo")),
        ("interval_ms=1&interval_us=1", .conflict("interval_ms", "interval_us")),
    ])
    func `options that make no sense are refused by name`(options: String, error: BehaviourError) {
        #expect(throws: error) { try Behaviour(modelName: "m?" + options) }
        #expect(!error.message.isEmpty)
    }

    @Test(arguments: [
        "tokens=", "tokens=-1", "tokens=1x", "tokens=1.5", "tokens=1000000001",
        "tokens=99999999999999999999", "interval_ms=3600001", "chunk_bytes=0", "batch=0",
        "batch=10001", "echo=yes", "echo", "status=200", "status=600", "http=keep",
        "finish=nothing", "with=", "with=image,image", "with=smell", "shape=round", "calls=101",
        "line_bytes=0", "line_bytes=1000000001",
    ])
    func `values out of range are refused with what was expected`(option: String) throws {
        let error = #expect(throws: BehaviourError.self) {
            try Behaviour(modelName: "m?" + option)
        }
        guard case .badValue(let key, let found, let expected) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let parts = option.split(separator: "=", omittingEmptySubsequences: false)
        #expect(parts[0] == key)
        #expect(found == (parts.count > 1 ? String(parts[1]) : ""))
        #expect(!expected.isEmpty)
    }

    @Test
    func `after so many calls nothing goes wrong`() throws {
        let behaviour = try Behaviour(
            modelName: "m?times=2&status=500&cut_after=1&reset_after=1&hang=1&tokens=7"
        )
        #expect(behaviour.forCall(1) == behaviour)
        #expect(behaviour.forCall(2) == behaviour)
        var calm = Behaviour(model: "m")
        calm.tokens = 7
        calm.times = 2
        #expect(behaviour.forCall(3) == calm)
        #expect(try Behaviour(modelName: "m?status=500").forCall(1000).status == 500)
    }
}
