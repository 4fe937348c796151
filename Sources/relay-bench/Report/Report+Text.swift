extension Report {
    /// The report for a terminal.
    var text: String {
        var text = heading + "\n" + (rows.isEmpty ? "" : "\n" + targetTable.text)
        for result in cases {
            text += "\n\(Self.title(of: result))\n" + Self.table(of: result).text
        }
        for series in growth { text += "\n\(series.title)\n" + Self.table(of: series).text }
        text += "\n" + noise + "\n"
        for line in notes + problems { text += "Note: \(line)\n" }
        return text
    }

    /// The report for a page.
    var markdown: String {
        var text = heading + "\n" + (rows.isEmpty ? "" : "\n" + targetTable.markdown)
        for result in cases {
            text += "\n**\(Self.title(of: result))**\n\n" + Self.table(of: result).markdown
        }
        for series in growth {
            text += "\n**\(series.title)**\n\n" + Self.table(of: series).markdown
        }
        text += "\n" + noise + "\n"
        for line in notes + problems { text += "\n- \(line)" }
        return notes.isEmpty && problems.isEmpty ? text : text + "\n"
    }

    private var heading: String {
        let memory = Format.fixed(Double(machine.memoryBytes) / 1e9, 0)
        let peers = versions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        return "\(machine.processor), \(machine.cores) cores, \(memory) GB; "
            + "Linux \(machine.kernel); \(machine.date); commit \(machine.commit)"
            + (peers.isEmpty ? "" : "; beside \(peers)")
    }

    private var noise: String {
        let busy = coresOfOthers
        let others =
            busy.isEmpty
            ? ""
            : " Other programs took \(Format.fixed(Median.of(busy), 2)) of"
                + " \(machine.cores) cores, \(Format.fixed(busy.max() ?? .nan, 2)) at most."
        return "Medians of \(rounds) rounds; ratios are taken within a round. ± is half the"
            + " distance between the least and the greatest round.\(others)"
    }

    /// The table of promises.
    private var targetTable: TextTable {
        var table = TextTable(
            header: ["case", "figure", "sse-relay", "peer", "ratio", "noise", "target", "reached"]
        )
        for row in rows {
            let metric = row.target.metric
            let workers = row.target.workers > 1 ? "two loops: " : ""
            table.rows.append([
                workers + row.title,
                metric.name,
                metric.text(row.ours.median),
                row.theirs.map { "\(row.target.peer ?? "") \(metric.text($0.median))" } ?? "",
                row.ratio.map { Format.fixed($0.median, 2) } ?? "",
                Format.percent((row.ratio ?? row.ours).noisePercent),
                row.target.text,
                row.isMet.map { $0 ? "yes" : "NO" } ?? "-",
            ])
        }
        return table
    }

    private static func title(of result: CaseResult) -> String {
        result.measured.title + (result.measured.workers > 1 ? ", two loops or workers" : "")
    }

    /// The table of all contestants' figures in a case.
    private static func table(of result: CaseResult) -> TextTable {
        let metrics = result.measured.metrics.filter { metric in
            result.contestants.contains { result.summary(metric, of: $0) != nil }
        }
        var table = TextTable(header: [""] + metrics.map(\.name))
        for contestant in result.contestants {
            let cells = metrics.map { metric in
                result.summary(metric, of: contestant).map { summary in
                    "\(metric.text(summary.median)) \(Format.percent(summary.noisePercent))"
                } ?? ""
            }
            table.rows.append([contestant] + cells)
        }
        return table
    }

    private static func table(of series: Series) -> TextTable {
        var table = TextTable(header: [series.sizeName, series.unit, "noise"])
        for point in series.points {
            table.rows.append([
                Format.grouped(Double(point.size)),
                Format.grouped(point.summary.median, series.digits),
                Format.percent(point.summary.noisePercent),
            ])
        }
        return table
    }
}
