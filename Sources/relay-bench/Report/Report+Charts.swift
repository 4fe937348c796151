extension Report {
    /// SVG files by name, with all figures of this run.
    var charts: [(name: String, svg: String)] {
        bars + curves
    }

    /// One bar chart: a metric in some cases.
    private struct Bars {
        let name: String
        let title: String
        let metric: Metric
        let cases: [String]
        /// The peers that are so slow that the other bars would be too short to compare.
        var omitted: Set<String> = []
        /// The peers of which one must have been measured for the chart to say something new.
        var wanted: Set<String> = []
    }

    private static let interpreted: Set<String> = ["FastAPI", "LiteLLM"]

    private static let drawings = [
        Bars(
            name: "cpu-per-token",
            title: "CPU per token, one worker",
            metric: .processorPerToken,
            cases: ["paced", "latency", "full-speed"],
            omitted: interpreted
        ),
        Bars(
            name: "cpu-per-token-all",
            title: "CPU per token, beside relays in Python",
            metric: .processorPerToken,
            cases: ["paced"],
            wanted: interpreted
        ),
        Bars(
            name: "cpu-per-request",
            title: "CPU per request, one worker",
            metric: .processorPerRequest,
            cases: ["short"]
        ),
        Bars(
            name: "added-latency",
            title: "Added latency per token, p99",
            metric: .addedP99,
            cases: ["latency"]
        ),
        Bars(
            name: "memory",
            title: "Memory per open stream",
            metric: .memoryPerStream,
            cases: ["open"]
        ),
    ]

    private var bars: [(name: String, svg: String)] {
        Self.drawings.compactMap { drawing in
            let results = cases.filter { result in
                result.measured.workers == 1 && drawing.cases.contains(result.measured.key)
                    && (drawing.wanted.isEmpty
                        || !drawing.wanted.isDisjoint(with: result.contestants))
            }
            guard !results.isEmpty else { return nil }
            let groups = results.map { Self.group(drawing, in: $0) }
            let chart = BarChart(
                title: drawing.title,
                unit: drawing.metric.unit,
                digits: drawing.metric.digits,
                highlighted: OurDaemonKind.tableName,
                groups: groups
            )
            return ("\(drawing.name).svg", chart.svg)
        }
    }

    private static func group(_ drawing: Bars, in result: CaseResult) -> BarChart.Group {
        // Contestants without such a figure, like the upstream itself, have no bar.
        let shown = result.contestants.filter { !drawing.omitted.contains($0) }
        let bars = shown.compactMap { contestant in
            result.summary(drawing.metric, of: contestant).map { summary in
                BarChart.Bar(name: contestant, value: summary.median)
            }
        }
        return BarChart.Group(name: result.measured.title, bars: bars)
    }

    private var curves: [(name: String, svg: String)] {
        // Two points are not a curve.
        growth.filter { $0.points.count > 2 }.map { series in
            let points = series.points.map { (x: Double($0.size), y: $0.summary.median) }
            let chart = LineChart(
                title: series.title,
                xName: series.sizeName,
                yName: "\(series.unit) per token",
                digits: series.digits,
                lines: [LineChart.Line(name: OurDaemonKind.tableName, points: points)]
            )
            return ("growth-\(series.key).svg", chart.svg)
        }
    }
}
