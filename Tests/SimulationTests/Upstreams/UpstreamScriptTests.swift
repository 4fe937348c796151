import ChatFormats
import Testing

@testable import simulate

/// What upstreams do.
@Suite struct UpstreamScriptTests {
    private static func scripts(
        _ count: Int,
        _ weather: UpstreamWeather? = nil
    ) -> [UpstreamScript] {
        let chance = Chance(seed: 11)
        return (0..<count).map {
            let provider = $0 % 2 == 0 ? Provider.openAI : .anthropic
            return UpstreamScript(call: $0, provider, model: "claude-x", weather, by: chance)
        }
    }

    @Test func theSameSeedGivesTheSameScript() {
        for (one, other) in zip(Self.scripts(200), Self.scripts(200)) {
            #expect(one.steps == other.steps && one.text == other.text && one.truth == other.truth)
        }
    }

    @Test func mostCallsAreWholeAndShort() {
        let scripts = Self.scripts(4000)
        let fair = scripts.count { $0.weather == .fair }
        #expect((2650...2950).contains(fair), "\(fair)")
        for weather in UpstreamWeather.allCases {
            let share = scripts.count { $0.weather == weather }
            #expect(share > 0 && (weather == .fair || share < 280), "\(weather) \(share)")
        }
        let whole = scripts.filter { $0.weather == .fair }
        let counts = whole.map { CallText.marks(in: $0.text).count }
        let short = counts.count { (5...30).contains($0) }
        #expect(short * 10 > whole.count * 7)
        #expect(counts.contains(0) && counts.contains(1) && counts.contains(400))
        #expect(whole.contains { script in script.steps.count { $0.isContent } == 1 })
        #expect(UpstreamWeather.allCases.reduce(0) { $0 + $1.share } == 97)
    }

    @Test(arguments: UpstreamWeather.allCases)
    func eachScriptHasAHeadBeforeItsContentAndOneEnd(weather: UpstreamWeather) {
        for script in Self.scripts(100, weather) {
            var isHeadWhole = false
            for (index, step) in script.steps.enumerated() {
                let isLast = index == script.steps.count - 1
                switch step {
                case .wait(let milliseconds): #expect(milliseconds > 0 && !isLast)
                case .headerLine(let line):
                    #expect(!isHeadWhole && !isLast && line.suffix(2) == [0x0D, 0x0A])
                    isHeadWhole = line.count == 2
                case .content(let bytes): #expect(isHeadWhole && !isLast && !bytes.isEmpty)
                case .hang, .fail: #expect(isLast)
                case .end: #expect(isLast && isHeadWhole)
                }
            }
            #expect(script.milliseconds < 150_000)
            #expect(script.isAnswered || script.text.isEmpty)
            if case .cut = script.truth { #expect(script.isAnswered) }
            if case .nothing = script.truth { #expect(!script.isAnswered) }
            let marks = CallText.marks(in: script.text)
            #expect(marks == marks.indices.map { .init(call: script.call, word: $0) })
        }
    }
}

extension UpstreamStep {
    /// Whether it brings content.
    fileprivate var isContent: Bool { if case .content = self { true } else { false } }
}
