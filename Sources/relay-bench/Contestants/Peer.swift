import Glibc
import Loop

/// How a peer's program is run.
struct PeerLaunch {
    let name: String
    /// The program's file.
    let program: String
    /// Those after its name.
    let arguments: [String]
    /// Beside PATH and HOME.
    var environment: [String] = []
    /// How long it may take until it answers.
    let startSeconds: Int
}

/// A peer that runs: its processes, its folder and its port.
final class Peer: Contestant {
    private static let stopLimit = Nanoseconds.seconds(3)
    /// A program that used less than this share of a core in so long has finished its start.
    private static let settledShare = 0.05
    private static let settlingMilliseconds = 200

    let name: String
    let use: ProcessTree

    private let child: ChildProcess
    private let folder: String
    private let makeTarget: (String) -> StreamTarget

    /// Starts a peer and waits until it relays a stream and has nothing left to do for its start.
    ///
    /// - Parameters:
    ///   - makeTarget: how it is asked for a stream of a model.
    ///   - prepare: writes its configuration into its folder and says how it is run.
    /// - Throws: where it does not start, or does not answer in time; nothing is left then.
    init(
        _ makeTarget: @escaping (String) -> StreamTarget,
        prepare: (_ folder: String) throws -> PeerLaunch
    ) throws {
        let folder = try Leftovers.shared.makeFolder()
        var started: ChildProcess?
        do {
            let launch = try prepare(folder)
            let log = "\(folder)/log"
            // Nothing of the user's own settings, keys or proxies reaches it.
            let child = try ChildProcess(
                launch.program,
                launch.arguments,
                environment: ["PATH=/usr/bin:/bin", "HOME=\(folder)"] + launch.environment,
                log: log
            )
            started = child
            name = launch.name
            use = try ProcessTree(root: child.pid)
            self.child = child
            self.folder = folder
            self.makeTarget = makeTarget
            try StreamProbe(makeTarget).wait(for: child, seconds: launch.startSeconds, log: log)
            settle(seconds: launch.startSeconds)
        } catch {
            started?.end(within: Self.stopLimit)
            Leftovers.shared.removeFolder(folder)
            throw error
        }
    }

    func target(model: String) -> StreamTarget { makeTarget(model) }

    func end() {
        child.end(within: Self.stopLimit)
        Leftovers.shared.removeFolder(folder)
    }

    /// Waits while other workers than the one that answered are still starting: what they take for
    /// that is no cost of a token.
    private func settle(seconds: Int) {
        let deadline = monotonicNow() + .seconds(seconds)
        let span = Nanoseconds.milliseconds(Self.settlingMilliseconds)
        var before = use.processorTime
        while monotonicNow() < deadline {
            usleep(UInt32(Self.settlingMilliseconds) * 1000)
            let now = use.processorTime
            guard Double(now) - Double(before) > Double(span) * Self.settledShare else { return }
            before = now
        }
    }
}
