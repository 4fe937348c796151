import Testing
import Wire

@testable import relay_bench

/// What the report says about the figures.
@Suite struct ReportTests {
    private static func report() throws -> Report {
        var report = Report(
            machine: Machine(commit: "abc"),
            versions: [("nginx", "1.22.1")],
            rounds: 2
        )
        let paced = try #require(Case.all(isSmall: false).first)
        var result = CaseResult(paced)
        for round in 0..<2 {
            result.add(
                [("sse-relay", 15.0), ("nginx", 20.0)].map { name, value in
                    Sample(
                        contestant: name,
                        round: round,
                        values: [.processorPerToken: value, .served: 100],
                        failures: 0,
                        firstFailure: nil,
                        coresOfOthers: 0.25
                    )
                }
            )
        }
        result.add(problem: "paced, LiteLLM: it did not start")
        report.cases = [result]
        var series = Series(
            key: "streams",
            title: "CPU per token",
            sizeName: "streams",
            unit: "µs",
            digits: 2
        )
        series.points = [Series.Point(size: 1000, summary: Summary([1, 2, 3]))]
        report.growth = [series]
        report.notes = ["open: less"]
        return report
    }

    @Test func `the table has figure, ratio, noise, target and whether it is reached`() throws {
        let text = try Self.report().text
        let row = try #require(text.split(separator: "\n").first { $0.contains("≤ 1.0 x nginx") })
        for word in ["15.00 µs", "nginx 20.00 µs", "0.75", "± 0.0 %", "yes"] {
            #expect(row.contains(word))
        }
        for word in [
            "commit abc", "nginx 1.22.1", "0.25 of", "Note: open: less",
            "Note: paced, LiteLLM: it did not start", "1,000",
        ] {
            #expect(text.contains(word))
        }
    }

    @Test func `the page has the same rows as tables of Markdown`() throws {
        let text = try Self.report().markdown
        #expect(text.contains("| case | figure | sse-relay | peer | ratio | noise | target |"))
        #expect(text.contains("| 1,000 | 2.00 | ± 50 % |"))
    }

    @Test func `the JSON has medians and every round`() throws {
        let json = try JSON.parse(try Self.report().json.span)
        let row = try #require(json["rows"]?.arrayValue?.first)
        #expect(row["ratio"]?["median"]?.doubleValue == 0.75)
        #expect(row["ratio"]?["rounds"]?.arrayValue?.count == 2)
        #expect(row["reached"]?.boolValue == true)
        let contestants = json["cases"]?.arrayValue?.first?["contestants"]
        let figure = contestants?["nginx"]?["cpu_us_per_token"]
        #expect(figure?["median"]?.doubleValue == 20)
        #expect(json["growth"]?.arrayValue?.first?["points"]?.arrayValue?.count == 1)
    }

    @Test func `a part that failed is reported, and makes the run fail`() throws {
        var report = try Self.report()
        #expect(report.isWhole)
        report.add(failure: "short: the daemon ended")
        #expect(!report.isWhole)
        #expect(report.text.contains("Note: short: the daemon ended"))
    }

    @Test func `there are charts only of what was measured`() throws {
        let charts = try Self.report().charts
        #expect(charts.map(\.name) == ["cpu-per-token.svg"])
        #expect(charts.allSatisfy { $0.svg.contains("15.00") })
    }

    @Test(arguments: [
        (1234.5, 1, "1,234.5"), (0.04, 1, "0.0"), (-123_456.345, 1, "-123,456.3"),
        (1_000_000, 0, "1,000,000"),
        (999, 0, "999"), (Double.nan, 2, "-"),
    ])
    func `numbers are written for people`(value: Double, digits: Int, text: String) {
        #expect(Format.grouped(value, digits) == text)
    }
}
