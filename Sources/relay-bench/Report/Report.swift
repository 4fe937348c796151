import Wire

/// Everything that was measured.
struct Report {
    let machine: Machine
    /// The peers' versions.
    let versions: [(name: String, version: String)]
    let rounds: Int
    var cases: [CaseResult] = []
    var growth: [Series] = []
    /// Where the run differs from what was planned.
    var notes: [String] = []
    /// Parts in which our own daemon could not be measured.
    private var failures: [String] = []

    init(machine: Machine, versions: [(name: String, version: String)], rounds: Int) {
        self.machine = machine
        self.versions = versions
        self.rounds = rounds
    }

    mutating func add(failure: String) {
        Progress.say("failed: \(failure)")
        failures.append(failure)
    }

    /// The promises that were measured, grouped by the number of workers.
    var rows: [Row] {
        Target.all.compactMap { target in
            cases.first {
                $0.measured.key == target.caseKey && $0.measured.workers == target.workers
            }.flatMap { Row(target, $0) }
        }
    }

    /// What went wrong, one line for each problem.
    var problems: [String] {
        failures
            + cases.flatMap { result in
                result.problems + result.contestants.compactMap { result.failures(of: $0) }
            }
    }

    /// Whether our own daemon was measured in all parts, and failed no stream.
    var isWhole: Bool {
        failures.isEmpty && cases.allSatisfy { $0.failures(of: OurDaemonKind.tableName) == nil }
    }

    /// How many cores other programs kept busy, one value for each load.
    var coresOfOthers: [Double] {
        cases.filter { $0.measured.key != StartCase.measured.key }
            .flatMap { $0.samples.map(\.coresOfOthers) }
    }
}
