import Wire

extension Report {
    /// The report for programs: the medians, and all their rounds.
    var json: [UInt8] {
        let value = JSON.object([
            member("machine", machineValue),
            member(
                "peers",
                .object(versions.map { member($0.name, .string($0.version)) })
            ),
            member("rounds", .number("\(rounds)")),
            member("rows", .array(rows.map(Self.value))),
            member("cases", .array(cases.map(Self.value))),
            member("growth", .array(growth.map(Self.value))),
            member("cores_of_others", number(Median.of(coresOfOthers))),
            member("notes", .array(notes.map { .string($0) })),
            member("problems", .array(problems.map { .string($0) })),
        ])
        var out: [UInt8] = []
        value.write(into: &out)
        out.append(UInt8(ascii: "\n"))
        return out
    }

    private var machineValue: JSON {
        .object([
            member("processor", .string(machine.processor)),
            member("cores", .number("\(machine.cores)")),
            member("memory_bytes", .number("\(machine.memoryBytes)")),
            member("kernel", .string(machine.kernel)),
            member("date", .string(machine.date)),
            member("commit", .string(machine.commit)),
        ])
    }

    private static func value(_ row: Row) -> JSON {
        .object([
            member("case", .string(row.target.caseKey)),
            member("workers", .number("\(row.target.workers)")),
            member("figure", .string(row.target.metric.rawValue)),
            member("ours", number(row.ours.median)),
            member("peer", row.target.peer.map { .string($0) } ?? .null),
            member("theirs", row.theirs.map { number($0.median) } ?? .null),
            member("ratio", row.ratio.map(value) ?? .null),
            member("target", .string(row.target.text)),
            member("reached", row.isMet.map { .bool($0) } ?? .null),
        ])
    }

    private static func value(_ result: CaseResult) -> JSON {
        .object([
            member("case", .string(result.measured.key)),
            member("title", .string(result.measured.title)),
            member("workers", .number("\(result.measured.workers)")),
            member(
                "contestants",
                .object(result.contestants.map { member($0, figures(of: $0, in: result)) })
            ),
        ])
    }

    private static func figures(of contestant: String, in result: CaseResult) -> JSON {
        let samples = result.samples.filter { $0.contestant == contestant }
        var members = Metric.allCases.compactMap { metric in
            result.summary(metric, of: contestant).map { member(metric.rawValue, value($0)) }
        }
        members.append(
            member("failed_streams", .array(samples.map { .number("\($0.failures)") }))
        )
        members.append(
            member("cores_of_others", .array(samples.map { number($0.coresOfOthers) }))
        )
        return .object(members)
    }

    private static func value(_ series: Series) -> JSON {
        .object([
            member("key", .string(series.key)),
            member("title", .string(series.title)),
            member("size", .string(series.sizeName)),
            member("unit", .string(series.unit)),
            member(
                "points",
                .array(
                    series.points.map { point in
                        .object([
                            member("size", .number("\(point.size)")),
                            member("value", value(point.summary)),
                        ])
                    }
                )
            ),
        ])
    }

    private static func value(_ summary: Summary) -> JSON {
        .object([
            member("median", number(summary.median)),
            member("noise_percent", number(summary.noisePercent)),
            member("rounds", .array(summary.values.map { number($0) })),
        ])
    }
}

private func member(_ key: String, _ value: JSON) -> JSON.Member {
    JSON.Member(key: key, value: value)
}

/// A number with four decimals; null if there is none.
private func number(_ value: Double) -> JSON {
    guard value.isFinite, value.magnitude < 1e12 else { return .null }
    return .number(Format.fixed(value, 4))
}
