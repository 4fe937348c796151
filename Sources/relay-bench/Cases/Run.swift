import Loop

/// One run, from its first start to its report.
struct Run {
    /// For 10,000 streams, both of whose ends are in this process, and some more.
    private static let wantedDescriptors = 20_400

    private let plan: Plan
    private let peers: Peers
    private let isSmall: Bool
    private let ours: OurDaemonKind
    private let bench: Bench
    private let descriptors: Int
    private let commit: String

    init(_ arguments: BenchArguments, _ plan: Plan) throws {
        self.plan = plan
        peers = arguments.peers
        isSmall = arguments.isSmall
        commit = arguments.commit
        ours = OurDaemonKind(version: commit, binary: arguments.daemon)
        // Before any start: children inherit the limit that this process has then.
        descriptors = DescriptorLimit.raise(to: Self.wantedDescriptors)
        bench = try Bench()
    }

    /// Measures all parts of the plan.
    ///
    /// If our daemon fails in a part, the report says so, and the other parts are measured all the
    /// same: they take long, and the failure does not make them wrong.
    func report() async -> Report {
        var report = Report(
            machine: Machine(commit: commit),
            versions: peers.kinds(for: .all).map { ($0.name, $0.version) },
            rounds: plan.rounds
        )
        if plan.starts > 0 { takeStarts(&report) }
        for one in plan.cases { await take(one, &report) }
        if plan.growthRounds > 0 { await takeGrowth(&report) }
        await bench.stop()
        return report
    }

    private func takeStarts(_ report: inout Report) {
        let starts = StartCase(starts: plan.starts)
        do {
            let kinds = [ours] + peers.kinds(for: .all)
            report.cases.append(try starts.measure(kinds, upstreamPort: bench.upstreamPort))
        } catch {
            report.add(failure: "start: \(error)")
        }
    }

    private func take(_ planned: Case, _ report: inout Report) async {
        var one = planned
        if let note = one.fit(descriptors: descriptors) { report.notes.append(note) }
        do {
            var kinds = [ours] + peers.kinds(for: one.peers)
            if one.peers == .withoutJournal { kinds.append(ours.withoutJournal) }
            report.cases.append(try await bench.measure(one, kinds, rounds: plan.rounds))
        } catch {
            report.add(failure: "\(one.key): \(error)")
        }
    }

    private func takeGrowth(_ report: inout Report) async {
        let growth = Growth(
            bench: bench,
            ours: ours,
            rounds: plan.growthRounds,
            isSmall: isSmall,
            maxStreams: Case.maxStreams(descriptors: descriptors)
        )
        do {
            report.growth.append(try await growth.streams())
            report.growth.append(try await growth.tokens())
            report.growth += try await growth.history()
        } catch {
            report.add(failure: "growth: \(error)")
        }
    }
}

extension Case {
    /// Leaves out streams for which there are no descriptors.
    ///
    /// - Returns: a note for the report, if streams are left out.
    mutating func fit(descriptors: Int) -> String? {
        let room = Self.maxStreams(descriptors: descriptors, ends: method == .restart ? 1 : 2)
        guard load.streams > room else { return nil }
        // Every title begins with the number of streams.
        title = Format.grouped(Double(room)) + title.drop { $0 != " " }
        load.streams = room
        return "\(key): the limit of \(descriptors) descriptors left room for \(room) streams"
    }

    /// How many streams fit: each has two ends in the contestant and two in this process, or one in
    /// each if no client reads it.
    static func maxStreams(descriptors: Int, ends: Int = 2) -> Int {
        max(1, (descriptors - 200) / ends)
    }
}
