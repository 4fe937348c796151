/// Which peers take part, as the command line names them.
struct Peers {
    var nginx: String?
    var haproxy: String?
    /// A Python with FastAPI, uvicorn and the openai package, and the file of the application.
    var fastAPI: String?
    var fastAPIFile: String?
    var liteLLM: String?

    /// Everything that was named.
    var files: [String] { [nginx, haproxy, fastAPI, fastAPIFile, liteLLM].compactMap(\.self) }
    var isEmpty: Bool { nginx == nil && haproxy == nil && fastAPI == nil && liteLLM == nil }
    /// Whether there is something that promises are measured by.
    var hasReference: Bool { nginx != nil }
    /// Those that cannot keep up with the paced load.
    var slowCount: Int { (fastAPI == nil ? 0 : 1) + (liteLLM == nil ? 0 : 1) }

    func fastCount(in measured: Case) -> Int {
        let proxies = measured.peers == .reference ? 0 : (haproxy == nil ? 0 : 1)
        return (nginx == nil ? 0 : 1) + proxies
    }

    /// How those are started that take part in a case.
    func kinds(for peers: Case.Peers) -> [any ContestantKind] {
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
