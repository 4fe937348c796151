extension Report {
    /// SVG files by name, each with what this run has figures for.
    var charts: [(name: String, svg: String)] {
        bars + curves
    }

    private var bars: [(name: String, svg: String)] {
        let all: [(name: String, title: String, metric: Metric, keys: [String])] = [
            (
                "cpu-per-token", "CPU per token, one worker", .processorPerToken,
                ["paced", "latency", "full-speed"]
            ),
            ("cpu-per-request", "CPU per request, one worker", .processorPerRequest, ["short"]),
            ("added-latency", "Added latency per token, p99", .addedP99, ["latency"]),
            ("memory", "Memory per open stream", .memoryPerStream, ["open"]),
        ]
        return all.compactMap { chart in
            let groups = cases.filter { result in
                result.measured.workers == 1 && chart.keys.contains(result.measured.key)
            }.map { Self.group(chart.metric, in: $0) }
            guard !groups.isEmpty else { return nil }
            let drawing = BarChart(
                title: chart.title,
                unit: chart.metric.unit,
                digits: chart.metric.digits,
                highlighted: OurDaemonKind.tableName,
                groups: groups
            )
            return ("\(chart.name).svg", drawing.svg)
        }
    }

    private static func group(_ metric: Metric, in result: CaseResult) -> BarChart.Group {
        // Those of whom there is no such figure, as the upstream itself, have no bar.
        let bars = result.contestants.compactMap { contestant in
            result.summary(metric, of: contestant).map { summary in
                BarChart.Bar(name: contestant, value: summary.median)
            }
        }
        return BarChart.Group(name: result.measured.title, bars: bars)
    }

    private var curves: [(name: String, svg: String)] {
        // What has two points is no curve.
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
