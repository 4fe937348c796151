import ChatFormats
import Testing
import Wire

@testable import Generations
@testable import Upstream
@testable import simulate

/// What scripts say of themselves, against the relay's own decoder and policy.
@Suite struct UpstreamTruthTests {
    private static func scripts(_ weather: UpstreamWeather) -> [UpstreamScript] {
        let chance = Chance(seed: 12)
        return (0..<150).map {
            let provider = $0 % 2 == 0 ? Provider.openAI : .anthropic
            return UpstreamScript(call: $0, provider, model: "claude-x", weather, by: chance)
        }
    }

    @Test(arguments: UpstreamWeather.allCases)
    func theDecoderFindsTheTextAndTheEndingThatAreSaid(weather: UpstreamWeather) {
        for script in Self.scripts(weather) {
            let heard = HeardCall(script)
            #expect(heard.text == script.text)
            #expect(heard.hasAnswer == script.isAnswered, "\(script.weather)")
            switch script.truth {
            case .whole(let ending): #expect(heard.ending == ending && heard.failure == nil)
            case .cut, .nothing: #expect(heard.ending == nil)
            }
        }
    }

    @Test(arguments: UpstreamWeather.allCases)
    func thePolicyAsksAgainWhereThatIsSaid(weather: UpstreamWeather) throws {
        let policy = RetryPolicy(maxRetries: 2)
        for script in Self.scripts(weather) where script.steps.last != .hang {
            let heard = HeardCall(script)
            switch script.truth {
            case .whole: continue
            case .cut(let ending): #expect(try #require(heard.failure).failure.ending == ending)
            case .nothing(let ending, let next):
                let failure = try #require(heard.failure)
                #expect(failure.failure.ending == ending)
                func verdict(hasOthers: Bool) -> RetryPolicy.Verdict {
                    policy.verdict(
                        after: failure.fault,
                        retries: 0,
                        jitter: 0,
                        hasOthers: hasOthers,
                        budget: 95_000
                    )
                }
                switch (next, verdict(hasOthers: false)) {
                case (.again, .again), (.others, .over), (.nobody, .over): break
                case (_, let other): Issue.record("\(next) \(failure.fault) \(other)")
                }
                #expect((verdict(hasOthers: true) == .over) == (next == .nobody))
            }
        }
    }
}

/// A call as the relay hears it.
private struct HeardCall {
    private(set) var text = ""
    private(set) var hasAnswer = false
    private(set) var ending: Ending?
    private(set) var failure: AttemptFailure?

    private static let upstream = RelayConfiguration.Upstream(
        name: "u",
        provider: .openAI,
        baseURL: "http://u",
        key: nil,
        model: "claude-x"
    )

    init(_ script: UpstreamScript) {
        var head = UpstreamHead()
        var decoder = StreamDecoder(script.provider, model: "claude-x", answer: "a")
        var log = EntryLog()
        log.appendStart(id: "a", model: "claude-x", created: 7)
        var body: [UInt8] = []
        do throws(StreamError) {
            for step in script.steps {
                switch step {
                case .wait, .hang: continue
                case .headerLine(let line): Self.read(line, into: &head)
                case .content(let bytes):
                    body = bytes
                    if head.status == 200 { try decoder.decode(bytes.span, into: &log) }
                case .end, .fail:
                    guard head.status == 200 || head.status == 0 else {
                        failure = Self.refusal(head, body)
                        continue
                    }
                    if case .fail(let error) = step, !decoder.isSuccess {
                        let hasAnswer = log.count > 1
                        failure = AttemptFailure(error, hasAnswer: hasAnswer, of: Self.upstream)
                    } else if case .end = step {
                        try decoder.finish(into: &log)
                        guard !decoder.isSuccess else { continue }
                        let hasAnswer = log.count > 1
                        failure = AttemptFailure(
                            endOf: head,
                            hasAnswer: hasAnswer,
                            decoder,
                            of: Self.upstream
                        )
                    }
                }
            }
        } catch {
            failure = AttemptFailure(error, head, body.span, of: Self.upstream)
        }
        hasAnswer = log.count > 1
        ending = failure == nil ? decoder.outcome.ending : nil
        var bytes: [UInt8] = []
        for n in log.numbers where log.kind(n) == .text { bytes += log.bytes[log.range(n)] }
        text = String(decoding: bytes, as: UTF8.self)
    }

    private static func refusal(_ head: UpstreamHead, _ body: [UInt8]) -> AttemptFailure {
        AttemptFailure(refusal: head, body: body.span, of: upstream, now: 0)
    }

    private static func read(_ line: [UInt8], into head: inout UpstreamHead) {
        let text = String(decoding: line.dropLast(2), as: UTF8.self)
        if text.hasPrefix("HTTP/1.1 ") {
            head.status = parseDecimal(String(text.dropFirst(9).prefix(3))) ?? 0
        } else if let colon = text.firstIndex(of: ":") {
            head.fields.append(String(text[..<colon]), String(text[colon...].dropFirst(2)))
        }
    }
}
