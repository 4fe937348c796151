import Glibc
import Loop
import Simulator

/// The upstream and the clients, and how one load is measured between them.
struct Bench {
    /// The streams before a measurement, which load libraries and open connections.
    private static let warmUp = StreamLoad(streams: 32, tokens: 20, intervalMicroseconds: 0)
    /// The pause in which a contestant finishes what a start left to do.
    private static let settlingMicroseconds: UInt32 = 50_000

    /// The simulator's port on 127.0.0.1.
    var upstreamPort: Int { upstream.port }

    private let upstream: SimulatorServer
    /// The clients' loop.
    let loop: EventLoop

    init() throws {
        upstream = try SimulatorServer()
        loop = try EventLoop(index: 0)
    }

    func stop() async {
        upstream.stop()
        await loop.stop()
    }

    /// Measures a case in interleaved rounds.
    ///
    /// - Parameters:
    ///   - measured: the case.
    ///   - kinds: the contestants; the first is ours, without which there is nothing to compare.
    ///   - rounds: how often each of them is measured.
    /// - Returns: all samples.
    /// - Throws: why our own daemon could not be measured; a peer that fails is left out from then
    ///   on.
    func measure(
        _ measured: Case,
        _ kinds: [any ContestantKind],
        rounds: Int
    ) async throws -> CaseResult {
        var result = CaseResult(measured)
        var kinds = kinds
        for round in 0..<rounds {
            var samples: [Sample] = []
            if measured.takesDirect { samples.append(try await direct(measured, round)) }
            // Each contestant is first and last in turn.
            let first = round % kinds.count
            for kind in kinds[first...] + kinds[..<first] {
                do {
                    samples.append(try await sample(measured, kind, round))
                } catch  where kind.name != OurDaemonKind.tableName {
                    result.add(problem: "\(measured.key), \(kind.name): \(error)")
                    kinds.removeAll { $0.name == kind.name }
                }
            }
            result.add(samples)
            Progress.round(round, of: rounds, result)
        }
        return result
    }

    /// Runs one load against a contestant that is started for it.
    private func sample(
        _ measured: Case,
        _ kind: any ContestantKind,
        _ round: Int
    ) async throws -> Sample {
        let contestant = try kind.start(workers: measured.workers, upstreamPort: upstreamPort)
        defer { contestant.end() }
        let load = measured.load
        if measured.warmsUp { _ = await run(Self.warmUp, contestant) }
        usleep(Self.settlingMicroseconds)
        let residentBefore = try contestant.use.residentBytes()
        let before = MachineLoad(children: contestant.use.processorTime)
        var taken = try await take(measured, contestant)
        let after = MachineLoad(children: contestant.use.processorTime + taken.endedProcessorTime)
        if load.watchesMemory, taken.answers > 0 {
            let grown = max(0, taken.peakResidentBytes - residentBefore)
            taken.values[.memoryPerStream] = Double(grown) / Double(load.streams) / 1e3
        }
        if let ours = contestant as? OurDaemon, taken.failures.isEmpty {
            let warmUps = measured.warmsUp ? Self.warmUp.streams : 0
            try ours.checkHistory(records: taken.answers + warmUps)
        }
        return Sample(
            contestant: kind.name,
            round: round,
            values: taken.values,
            failures: taken.failures.count,
            firstFailure: taken.failures.first,
            coresOfOthers: after.coresOfOthers(since: before)
        )
    }

    /// Runs a case's load in its own way.
    private func take(_ measured: Case, _ contestant: any Contestant) async throws -> Taken {
        let load = measured.load
        // Methods that no standard defines are used with our daemon alone.
        guard let ours = contestant as? OurDaemon else {
            return Taken(await run(load, contestant), of: load)
        }
        return switch measured.method {
        case .ask: Taken(await run(load, contestant), of: load)
        case .readAlong: try await readAlong(load, ours)
        case .comeBack: try await comeBack(load, ours)
        case .restart: try restart(load, ours)
        case .stall: try stall(load, ours)
        }
    }

    /// Runs the same load directly against the upstream.
    private func direct(_ measured: Case, _ round: Int) async throws -> Sample {
        let load = measured.load
        let targets = (0..<load.streams).map { index in
            StreamTarget.openAI(port: upstream.port, model: load.model(of: index))
        }
        let before = MachineLoad(children: 0)
        let outcome = await Fleet.run(load, against: targets, watching: nil, on: loop)
        let after = MachineLoad(children: 0)
        var values = outcome.figures(of: load)
        values[.processorPerToken] = nil
        values[.processorPerRequest] = nil
        return Sample(
            contestant: CaseResult.direct,
            round: round,
            values: values,
            failures: outcome.failures.count,
            firstFailure: outcome.failures.first,
            coresOfOthers: after.coresOfOthers(since: before)
        )
    }

    /// Runs a load against a contestant.
    func run(_ load: StreamLoad, _ contestant: any Contestant) async -> FleetOutcome {
        let targets = (0..<load.streams).map { contestant.target(model: load.model(of: $0)) }
        return await Fleet.run(load, against: targets, watching: contestant.use, on: loop)
    }
}
