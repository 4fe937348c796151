import Wire

/// All that was measured.
struct Report {
    let machine: Machine
    /// Of the peers.
    let versions: [(name: String, version: String)]
    let rounds: Int
    var cases: [CaseResult] = []
    var growth: [Series] = []
    /// What was done otherwise than said.
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

    /// The promises that were measured, one workers' cases after the other's.
    var rows: [Row] {
        Target.all.compactMap { target in
            cases.first {
                $0.measured.key == target.caseKey && $0.measured.workers == target.workers
            }.flatMap { Row(target, $0) }
        }
    }

    /// What went wrong, one line each.
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

    /// Cores that other programs kept busy, one value for each load.
    var coresOfOthers: [Double] {
        cases.filter { $0.measured.key != StartCase.measured.key }
            .flatMap { $0.samples.map(\.coresOfOthers) }
    }
}
