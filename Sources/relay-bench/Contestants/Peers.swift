/// The peers that take part, as the command line names them.
struct Peers {
    var nginx: String?
    var haproxy: String?
    /// A Python with FastAPI, uvicorn and the openai package, and the file of the application.
    var fastAPI: String?
    var fastAPIFile: String?
    var liteLLM: String?

    /// All files that were named.
    var files: [String] { [nginx, haproxy, fastAPI, fastAPIFile, liteLLM].compactMap(\.self) }
    var isEmpty: Bool { nginx == nil && haproxy == nil && fastAPI == nil && liteLLM == nil }
    /// Whether the peer against which promises are measured takes part.
    var hasReference: Bool { nginx != nil }
    /// How many peers cannot keep up with the paced load.
    var slowCount: Int { (fastAPI == nil ? 0 : 1) + (liteLLM == nil ? 0 : 1) }

    /// How many contestants that keep up take part in a case besides our daemon.
    func fastCount(in measured: Case) -> Int {
        switch measured.peers {
        case .none: 0
        case .withoutJournal: 1
        case .reference: nginx == nil ? 0 : 1
        case .proxies, .all: (nginx == nil ? 0 : 1) + (haproxy == nil ? 0 : 1)
        }
    }

    /// The peers that take part in a case.
    func kinds(for peers: Case.Peers) -> [any ContestantKind] {
        guard peers.haveReference else { return [] }
        var kinds: [any ContestantKind] = []
        if let nginx { kinds.append(NginxKind(executable: nginx)) }
        guard peers != .reference else { return kinds }
        if let haproxy { kinds.append(HAProxyKind(executable: haproxy)) }
        guard peers == .all else { return kinds }
        if let fastAPI, let fastAPIFile {
            kinds.append(FastAPIKind(python: fastAPI, application: fastAPIFile))
        }
        if let liteLLM { kinds.append(LiteLLMKind(executable: liteLLM)) }
        return kinds
    }
}
