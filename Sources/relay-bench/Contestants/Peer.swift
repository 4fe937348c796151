import Glibc
import Loop

/// The folder and the port that a peer gets before it starts.
struct PeerPlace {
    /// Its folder, which is removed at its end.
    let folder: String
    /// The port on 127.0.0.1 on which it should listen.
    let port: Int

    /// Writes its configuration.
    ///
    /// - Returns: the file's path.
    func write(_ text: String, to name: String) throws(SystemCallError) -> String {
        let path = "\(folder)/\(name)"
        try TextFile.write(Array(text.utf8), to: path)
        return path
    }
}

/// How a peer's program is run.
struct PeerLaunch {
    let name: String
    /// The program's file.
    let program: String
    /// The arguments after its name.
    let arguments: [String]
    /// The variables besides PATH and HOME.
    var environment: [String] = []
    /// How long it may take until it answers.
    let startSeconds: Int
}

/// A running peer: its processes, its folder and its port.
final class Peer: Contestant {
    private static let stopLimit = Nanoseconds.seconds(3)

    let name: String
    let use: ProcessTree

    private let child: ChildProcess
    private let place: PeerPlace
    private let makeTarget: (String) -> StreamTarget

    /// Starts a peer, and waits until it relays a stream and its start has left nothing to do.
    ///
    /// - Parameters:
    ///   - target: makes the request for a model's stream at its port.
    ///   - prepare: writes its configuration and returns how to run it.
    /// - Throws: if it does not start or does not answer in time; nothing of it is left then.
    init(
        target: @escaping (_ port: Int, _ model: String) -> StreamTarget = {
            .openAI(port: $0, model: $1)
        },
        prepare: (PeerPlace) throws -> PeerLaunch
    ) throws {
        let port = try Loopback.freePort()
        let place = PeerPlace(folder: try Leftovers.shared.makeFolder(), port: port)
        let makeTarget = { target(port, $0) }
        var started: ChildProcess?
        do {
            let launch = try prepare(place)
            let log = "\(place.folder)/log"
            // None of the user's settings, keys or proxies reach it.
            let child = try ChildProcess(
                launch.program,
                launch.arguments,
                environment: ["PATH=/usr/bin:/bin", "HOME=\(place.folder)"] + launch.environment,
                log: log
            )
            started = child
            name = launch.name
            use = try ProcessTree(root: child.pid)
            self.child = child
            self.place = place
            self.makeTarget = makeTarget
            try StreamProbe(makeTarget).wait(for: child, seconds: launch.startSeconds, log: log)
            // Other workers than the one that answered may still be starting: the cost of that is
            // not the cost of a token.
            use.waitUntilQuiet(within: .seconds(launch.startSeconds))
        } catch {
            started?.end(within: Self.stopLimit)
            Leftovers.shared.removeFolder(place.folder)
            throw error
        }
    }

    func target(model: String) -> StreamTarget { makeTarget(model) }

    func end() {
        child.end(within: Self.stopLimit)
        Leftovers.shared.removeFolder(place.folder)
    }
}
