import Dispatch
import Glibc
import Loop
import Synchronization

/// The children and temporary folders that must not outlive this process, however it ends.
final class Leftovers: Sendable {
    static let shared = Leftovers()

    private let state = Mutex<(children: Set<pid_t>, folders: Set<String>)>(([], []))

    /// Remembers a child until it is reaped: until then its number cannot mean another process.
    func add(_ pid: pid_t) { state.withLock { _ = $0.children.insert(pid) } }
    func remove(_ pid: pid_t) { state.withLock { _ = $0.children.remove(pid) } }

    /// Makes a temporary folder.
    func makeFolder() throws(SystemCallError) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/relay-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallError("mkdtemp", errno) }
        let path = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        state.withLock { _ = $0.folders.insert(path) }
        return path
    }

    /// Removes a folder made by `makeFolder`, with everything in it.
    func removeFolder(_ path: String) {
        guard state.withLock({ $0.folders.remove(path) }) != nil else { return }
        Self.removeTree(path)
    }

    /// Kills every child and removes every folder that is left.
    func clear() {
        let (children, folders) = state.withLock { state in
            defer { state = ([], []) }
            return state
        }
        for pid in children {
            // With its own children: each child leads a group.
            kill(-pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        for folder in folders { Self.removeTree(folder) }
    }

    private static func removeTree(_ path: String) {
        for name in Folder.names(in: path) {
            let inner = "\(path)/\(name)"
            // A link is removed, never followed.
            if unlink(inner) != 0 { removeTree(inner) }
        }
        rmdir(path)
    }
}

/// Ends the run cleanly at a signal, or when it takes too long.
struct Guardian {
    private let sources: [any DispatchSourceProtocol]

    init(limit: Nanoseconds) {
        let queue = DispatchQueue(label: "guardian")
        var sources: [any DispatchSourceProtocol] = []
        for number in [SIGINT, SIGTERM] {
            let source = Signals.observe(number, on: queue) {
                Self.end("stopped by a signal", code: 128 + number)
            }
            sources.append(source)
        }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler {
            Self.end("not done after \(limit / .seconds(1)) s: given up", code: 1)
        }
        timer.schedule(deadline: .now() + .nanoseconds(Int(limit)))
        timer.activate()
        sources.append(timer)
        self.sources = sources
    }

    func stop() {
        for source in sources { source.cancel() }
    }

    private static func end(_ reason: String, code: Int32) {
        Leftovers.shared.clear()
        Console.error("relay-bench: \(reason)")
        exit(code)
    }
}
