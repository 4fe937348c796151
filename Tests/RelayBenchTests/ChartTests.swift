import Glibc
import Testing

@testable import relay_bench

@Suite struct ChartTests {
    private static let bars = BarChart(
        title: "CPU per token",
        unit: "µs",
        digits: 1,
        highlighted: "sse-relay",
        groups: [
            BarChart.Group(
                name: "1,000 streams",
                bars: [
                    BarChart.Bar(name: "sse-relay", value: 10),
                    BarChart.Bar(name: "nginx", value: 20),
                    BarChart.Bar(name: "A & <B>", value: .nan),
                ]
            )
        ]
    )

    private static let lines = LineChart(
        title: "Growth",
        xName: "streams",
        yName: "CPU per token in µs",
        digits: 1,
        lines: [
            LineChart.Line(name: "one", points: [(10, 4), (100, 4.5), (10_000, 5)]),
            LineChart.Line(name: "two", points: [(10, 8), (1000, .nan), (10_000, 9)]),
        ]
    )

    @Test func `bars are as long as their values, and their figures follow them`() {
        let svg = Self.bars.svg
        // 480 units for 20 µs: the scale ends at a round number.
        #expect(svg.contains("width=\"240\" height=\"16\" rx=\"2\" fill=\"#d4552a\""))
        #expect(svg.contains("width=\"480\" height=\"16\" rx=\"2\" fill=\"#3b82c4\""))
        #expect(svg.contains(">10.0 µs</text>"))
        #expect(svg.contains(">20.0 µs</text>"))
    }

    @Test func `a missing figure is named and not drawn`() {
        let svg = Self.bars.svg
        #expect(svg.contains(">no figure</text>"))
        #expect(svg.split(separator: "<rect").count == 3)
        #expect(!Self.lines.svg.contains("nan"))
        #expect(!svg.contains("nan"))
    }

    @Test func aMarkIsALineThroughAllBars() {
        var chart = Self.bars
        chart.mark = 10
        #expect(chart.svg.contains("<line x1=\"380\""))
        #expect(!Self.bars.svg.contains("<line"))
    }

    @Test func `a chart's description has its figures for people who cannot see it`() {
        let svg = Self.bars.svg
        #expect(svg.contains("role=\"img\" aria-labelledby=\"title desc\""))
        #expect(svg.contains("<title id=\"title\">CPU per token</title>"))
        #expect(
            svg.contains(
                "<desc id=\"desc\">1,000 streams: sse-relay 10.0 µs, nginx 20.0 µs,"
                    + " A &amp; &lt;B&gt; no figure.</desc>"
            )
        )
        #expect(
            Self.lines.svg.contains(
                "CPU per token in µs by streams. one: 4.0 at 10, 4.5 at 100, 5.0 at 10,000; two: "
            )
        )
        #expect(Self.lines.svg.contains(">10,000</text>"))
    }

    @Test func powersOfTenTakeTheSameRoom() {
        let scale = ChartScale.logarithmic([10, 10_000], from: 100, to: 400)
        #expect(scale.ticks.map { $0.rounded() } == [10, 100, 1000, 10_000])
        let places = [10.0, 100, 1000, 10_000].compactMap(scale.position).map { $0.rounded() }
        #expect(places == [100, 200, 300, 400])
        #expect(scale.position(of: 0) == nil)
    }

    @Test(
        arguments: [
            (0.83, [0, 0.2, 0.4, 0.6, 0.8, 1], 1), (20, [0, 5, 10, 15, 20], 0),
            (21, [0, 5, 10, 15, 20, 25], 0), (670, [0, 200, 400, 600, 800], 0),
            (1, [0, 0.2, 0.4, 0.6, 0.8, 1], 1),
        ] as [(Double, [Double], Int)]
    )
    func aScaleBeginsAtZeroAndHasFewRoundTicks(_ largest: Double, _ ticks: [Double], _ digits: Int)
    {
        let scale = ChartScale.linear([largest, 0.1, .nan], from: 300, to: 100)
        #expect(scale.ticks.count == ticks.count)
        for (found, wanted) in zip(scale.ticks, ticks) { #expect(abs(found - wanted) < 1e-9) }
        #expect(scale.digits == digits)
        #expect(scale.position(of: 0) == 300)
        #expect(abs((scale.position(of: ticks.last ?? 0) ?? 0) - 100) < 1e-9)
    }

    @Test func aChartOfNothingIsStillAChart() {
        let bars = BarChart(title: "none", unit: "", digits: 0, highlighted: "", groups: [])
        let lines = LineChart(title: "none", xName: "x", yName: "y", digits: 0, lines: [])
        for svg in [bars.svg, lines.svg] {
            #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
            #expect(svg.hasSuffix("</svg>\n"))
        }
    }

    @Test func theSameFiguresGiveTheSameFile() {
        #expect(Self.lines.svg == Self.lines.svg)
        #expect(SVG.number(12.04) == "12")
        #expect(SVG.number(-0.46) == "-0.5")
        #expect(SVG.number(0.96) == "1")
    }

    /// 4:1 is between what WCAG 2 asks of drawings (3:1, 1.4.11) and of small text (4.5:1, 1.4.3);
    /// no colour can have more than 4.4:1 with both.
    @Test(arguments: SVG.Color.allCases)
    func everyColourStandsOutFromALightAndADarkPage(_ color: SVG.Color) throws {
        let own = try #require(Self.luminance(color.rawValue))
        for page in ["#ffffff", "#0d1117"] {
            let other = try #require(Self.luminance(page))
            let contrast = (max(own, other) + 0.05) / (min(own, other) + 0.05)
            #expect(contrast >= 4, "\(color) on \(page)")
        }
    }

    /// The relative luminance of WCAG 2.
    private static func luminance(_ color: String) -> Double? {
        guard let value = Int(color.dropFirst(), radix: 16) else { return nil }
        let parts = [16, 8, 0].map { shift in
            let part = Double(value >> shift & 0xFF) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
}
