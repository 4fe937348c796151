package import HTTPServer
package import Loop
package import Storage
package import Upstream

/// The relay: what all loops share, and the life of the whole.
package final class Service: Sendable {
    let configuration: RelayConfiguration
    let limits: ServerLimits
    let upstreamSettings: UpstreamSettings
    /// The folder of the page, or nil where none is served.
    let staticFolder: String?
    let history: HistoryFile
    package let log: Log
    /// The loops that serve, in the order of their numbers; set once at the start.
    private let loops = Guarded<[EventLoop]>([])

    /// Describes a relay that does not serve yet.
    package init(
        configuration: RelayConfiguration,
        limits: ServerLimits,
        upstreamSettings: UpstreamSettings,
        staticFolder: String?,
        history: HistoryFile,
        log: Log
    ) {
        self.configuration = configuration
        self.limits = limits
        self.upstreamSettings = upstreamSettings
        self.staticFolder = staticFolder
        self.history = history
        self.log = log
    }

    /// Serves on all loops from one listening socket.
    ///
    /// - Parameters:
    ///   - loops: at most 64, since a generation's id names its loop by one digit.
    ///   - listener: stays owned by the caller for as long as the relay serves.
    /// - Throws: what keeps a loop from serving.
    package func start(on loops: [EventLoop], listener: Int32) async throws(StartError) {
        precondition(loops.count <= GenerationID.maxLoops, "a digit tells 64 loops apart")
        self.loops.withLock { $0 = loops }
        for loop in loops {
            try await loop.run { loop throws(StartError) in
                let worker = try Worker(self, on: loop.reactor)
                loop.reactor.tenants.append(worker)
            }
        }
        for loop in loops {
            try await loop.run { loop throws(StartError) in
                try Worker.of(loop)?.accept(from: listener)
            }
        }
    }

    /// Stops accepting; answers that run go on.
    package func drain() async {
        await onAll { $0.drain() }
    }

    /// Ends what still runs, truthfully.
    package func interrupt() async {
        await onAll { $0.interrupt() }
    }

    /// Drops the connections that are left, and all that lives on the loops.
    package func closeAll() async {
        for loop in loops.withLock({ $0 }) {
            await loop.run { loop in
                Worker.of(loop)?.closeAll()
                loop.reactor.tenants.removeAll { $0 is Worker }
            }
        }
    }

    /// How many answers run and how many connections are open.
    package func load() async -> (generations: Int, connections: Int) {
        var generations = 0
        var connections = 0
        for loop in loops.withLock({ $0 }) {
            let load = await loop.run { Worker.of($0)?.load ?? (generations: 0, connections: 0) }
            generations += load.generations
            connections += load.connections
        }
        return (generations, connections)
    }

    /// Hands a request to the loop that owns the answer it wants.
    ///
    /// - Returns: whether there is such a loop.
    func move(_ exchange: Exchange, toLoop index: Int) -> Bool {
        let loops = loops.withLock { $0 }
        guard loops.indices.contains(index), let detached = exchange.detach() else { return false }
        loops[index].post { Worker.of($0)?.adopt(detached) }
        return true
    }

    private func onAll(_ work: @escaping @Sendable (Worker) -> Void) async {
        for loop in loops.withLock({ $0 }) {
            await loop.run { loop in
                if let worker = Worker.of(loop) { work(worker) }
            }
        }
    }
}

/// Why the relay cannot serve.
package enum StartError: Error, CustomStringConvertible {
    /// The folder of the page cannot be opened.
    case staticFolder(String, SystemCallError)
    /// The listening socket cannot be watched.
    case listener(SystemCallError)
    /// libcurl cannot be set up.
    case outOfMemory

    /// One line for the log.
    package var description: String {
        switch self {
        case .staticFolder(let path, let error): "\(path): \(error)"
        case .listener(let error): "the listening socket: \(error)"
        case .outOfMemory: "libcurl is out of memory"
        }
    }
}
