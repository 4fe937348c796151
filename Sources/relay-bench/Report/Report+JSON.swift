import Wire

extension Report {
    /// The report for programs.
    var json: [UInt8] {
        let value = JSON.object([
            member("machine", machineValue),
            member("figures", .array(figures.map(Self.value))),
            member(
                "latency_ms",
                .object(latencies.map { member($0.name, Self.value($0.values)) })
            ),
            member(
                "load",
                .object([
                    member("streams", .number("\(streams.load.streams)")),
                    member("interval_ms", .number("\(streams.load.intervalMilliseconds)")),
                    member("tokens", .number("\(streams.load.tokens)")),
                ])
            ),
            member("starts_ms", .array(start.milliseconds.map { Self.number($0, 3) })),
            member(
                "rounds",
                .object([
                    member("direct", .array(streams.direct.map(Self.value))),
                    member("relayed", .array(streams.relayed.map(Self.value))),
                ])
            ),
            member("cores_of_others", Self.number(coresOfOthers, 3)),
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
            member("commit", .string(machine.commit)),
        ])
    }

    private static func value(_ figure: Figure) -> JSON {
        .object([
            member("key", .string(figure.key)),
            member("name", .string(figure.name)),
            member("value", number(figure.value, figure.digits + 1)),
            member("below", figure.bound.map { .number(Format.short($0)) } ?? .null),
            member("met", figure.isMet.map { .bool($0) } ?? .null),
        ])
    }

    private static func value(_ percentiles: Percentiles) -> JSON {
        .object(
            zip(Percentiles.shares, percentiles.values).map { share, value in
                member(share.name, number(value, 4))
            }
        )
    }

    private static func value(_ round: StreamCase.Round) -> JSON {
        .object([
            member("latency_ms", value(round.latency)),
            member("first_token_ms", value(round.firstToken)),
            member("tokens_per_s", number(round.tokensPerSecond, 1)),
            member("processor_us_per_token", number(round.processorMicroseconds, 2)),
            member("cores_of_others", number(round.coresOfOthers, 3)),
        ])
    }

    private static func number(_ value: Double, _ digits: Int) -> JSON {
        value.isFinite ? .number(Format.fixed(value, digits)) : .null
    }
}

private func member(_ key: String, _ value: JSON) -> JSON.Member {
    JSON.Member(key: key, value: value)
}
