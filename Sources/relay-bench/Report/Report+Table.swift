extension Report {
    /// The report for people.
    var table: String {
        var text = "\(machineLine)\n\n"
        text += row("", "measured", "bound", "met")
        for figure in figures {
            text += row(
                figure.name,
                "\(Format.fixed(figure.value, figure.digits)) \(figure.unit)",
                figure.bound.map { "< \(Format.short($0)) \(figure.unit)" } ?? "",
                figure.isMet.map { $0 ? "yes" : "NO" } ?? ""
            )
        }
        text += "\n\(loadLine)\n\n" + latencyTable
        text += "\nMedians of \(start.milliseconds.count) starts and"
        text += " \(streams.relayed.count) rounds; \(noiseLine)\n"
        return text
    }

    private var machineLine: String {
        let memory = Format.fixed(Double(machine.memoryBytes) / 1e9, 0)
        return "\(machine.processor), \(machine.cores) cores, \(memory) GB; "
            + "Linux \(machine.kernel); commit \(machine.commit)"
    }

    private var loadLine: String {
        let load = streams.load
        let wanted = Format.fixed(load.tokensPerSecond, 0)
        let came = Format.fixed(Median.of(streams.relayed.map(\.tokensPerSecond)), 0)
        let system = Format.fixed(streams.systemShare * 100, 0)
        return "\(load.streams) streams x "
            + "\(Format.short(1000 / Double(load.intervalMilliseconds))) tokens/s through "
            + "POST /chat/stream, history on: \(came) of \(wanted) tokens/s came;\n"
            + "\(system) % of the daemon's CPU is the kernel's. Latency per token in ms:"
    }

    private var latencyTable: String {
        var text = Format.left("", 10)
        for share in Percentiles.shares { text += Format.right(share.name, 10) }
        text += "\n"
        for latency in latencies {
            text += Format.left(latency.name, 10)
            for value in latency.values.values { text += Format.right(Format.fixed(value, 3), 10) }
            text += "\n"
        }
        return text
    }

    private var noiseLine: String {
        let added = zip(streams.relayed, streams.direct)
            .map { ($0.latency - $1.latency).values[0] }
        return "added p50 ranged from \(Format.fixed(added.min() ?? .nan, 3)) to "
            + "\(Format.fixed(added.max() ?? .nan, 3)) ms,\nother programs took "
            + "\(Format.fixed(coresOfOthers, 2)) of \(machine.cores) cores."
    }

    private func row(_ name: String, _ value: String, _ bound: String, _ met: String) -> String {
        Format.left(name, 38) + Format.right(value, 12) + Format.right(bound, 13)
            + Format.right(met, 6) + "\n"
    }
}
