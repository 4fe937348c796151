import Loop
import Testing

@testable import relay_bench

/// When streams begin, and when all of them run.
@Suite struct LoadTests {
    @Test func `all streams run for the whole window`() {
        for streams in [10, 100, 1000, 10_000] {
            let load = Growth.load(streams: streams)
            let window = load.window(from: 0)
            #expect(window.lowerBound > load.start(of: streams - 1, from: 0))
            // Its phase may take an interval off a stream.
            let shortest = Nanoseconds((load.tokens - 1) * load.intervalMicroseconds) * 1000
            #expect(window.upperBound < shortest)
            #expect(window.upperBound - window.lowerBound > .seconds(7))
        }
    }

    @Test func `the rate stays the same however many streams share it`() {
        for streams in [10, 100, 1000, 10_000] {
            let load = Growth.load(streams: streams)
            #expect(streams * 1_000_000 / load.intervalMicroseconds == Growth.tokensPerSecond)
        }
    }

    @Test func `tokens of paced streams are spread over the interval`() {
        let load = StreamLoad(streams: 4, tokens: 3, intervalMicroseconds: 1000)
        #expect(
            (0..<4).map(load.model)
                == [0, 250, 500, 750].map {
                    "bench?stamp=1&tokens=3&interval_us=1000&phase_us=\($0)"
                }
        )
    }

    @Test func `a load without pauses has no window`() {
        let load = StreamLoad(streams: 4, tokens: 3, intervalMicroseconds: 0)
        #expect(load.window(from: 1_000_000).isEmpty)
        #expect(load.model(of: 1) == "bench?stamp=1&tokens=3&interval_us=0&send_each=1")
    }

    @Test func `a limit of descriptors leaves out streams and says so`() throws {
        var open = try #require(Case.all(isSmall: false).first { $0.key == "open" })
        let enough = open.fit(descriptors: 20_400)
        #expect(enough == nil)
        #expect(open.load.streams == 10_000)
        let tooFew = open.fit(descriptors: 4096)
        let note = try #require(tooFew)
        #expect(open.load.streams == 1948)
        #expect(open.title == "1,948 open streams")
        #expect(note.contains("4096"))
    }

    @Test func `an answer without a reader takes one descriptor`() throws {
        var restart = try #require(Case.all(isSmall: false).first { $0.key == "restart" })
        let enough = restart.fit(descriptors: 10_200)
        #expect(enough == nil)
        #expect(restart.load.streams == 10_000)
        let tooFew = restart.fit(descriptors: 4096)
        #expect(tooFew != nil)
        #expect(restart.load.streams == 3896)
        #expect(restart.title == "3,896 unfinished answers in the journal")
    }

    @Test func `every title begins with the number of streams`() {
        for one in Case.all(isSmall: true) + Case.all(isSmall: false) {
            #expect(one.title.hasPrefix("\(Format.grouped(Double(one.load.streams))) "))
        }
    }
}
