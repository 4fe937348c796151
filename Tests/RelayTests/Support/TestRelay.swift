import Access
import ChatFormats
import Glibc
import HTTPServer
import Loop
import Simulator
import Storage
import TestSupport
import Testing
import Upstream
import Wire

@testable import Generations
@testable import Relay

/// A relay and the model it asks, both in this process, on ports and in a folder of their own.
final class TestRelay: Sendable {
    let simulator: SimulatorServer
    let port: Int
    let service: Service
    private let loops: [EventLoop]
    private let listener: ListeningSocket
    private let history: HistoryFile
    private let keys: KeyFile
    let folder: String

    /// Starts both.
    ///
    /// `baseURL` is asked instead of the simulator, `page` serves one file, and `left` is a folder
    /// that an earlier process left. With a `clock` the relay's time does not move until the test
    /// turns it, and with a `modelClock` the simulator's.
    init(
        loops count: Int = 1,
        clock: ManualClock? = nil,
        modelClock: ManualClock? = nil,
        baseURL: String? = nil,
        page: Bool = false,
        durability: Durability = .interval,
        keepsJournal: Bool = true,
        maxPendingBytes: Int = HistoryFile.maxPendingBytes,
        reportsKeys: Bool = true,
        left: String? = nil,
        upstreamSettings: UpstreamSettings = UpstreamSettings(),
        access: AccessState = AccessState(),
        audit: LineFile? = nil,
        _ configure: (inout RelayConfiguration) -> Void = { _ in }
    ) async throws {
        folder = try left ?? makeFolder()
        let time = clock.map(TimeSource.manual) ?? .system
        simulator = try SimulatorServer(time: modelClock.map(TimeSource.manual) ?? .system)
        listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        port = listener.port
        history = try HistoryFile(
            directory: folder,
            maxPendingBytes: maxPendingBytes,
            durability: durability,
            compactionDelayMilliseconds: 1
        ) { report in
            switch report {
            case .compacted, .unreadableFile: return
            default: break
            }
            // Only tests that want trouble set a bound.
            guard maxPendingBytes == HistoryFile.maxPendingBytes else { return }
            Issue.record("the history reports \(report)")
        }
        let journal = try JournalFolder(path: folder + "/journal")
        var deletions = Deletions(directory: folder)
        try deletions.load()
        let recovery = try Recovery(
            journal,
            history: try HistoryFile.paths(in: folder),
            deletions: deletions
        )
        var configuration = RelayConfiguration(upstreams: [
            .init(
                name: "simulator",
                provider: .openAI,
                baseURL: baseURL ?? simulator.openAIBaseURL,
                key: "sk-test-0123456789abcdef",
                model: "simulator",
                bypassesProxy: true
            ),
            .init(
                name: "claude-simulator",
                provider: .anthropic,
                baseURL: simulator.anthropicBaseURL,
                key: nil,
                model: "claude-simulator",
                bypassesProxy: true
            ),
        ])
        configure(&configuration)
        keys = try KeyFile(
            directory: folder,
            durability: durability,
            lifeMilliseconds: 1000 * configuration.resumeSeconds
        ) { report in
            if reportsKeys { Issue.record("the file of keys reports \(report)") }
        }
        if page {
            for name in ["index", "login"] {
                writeFile("\(folder)/\(name).html", Array("<!doctype html>".utf8))
            }
        }
        service = Service(
            configuration: configuration,
            limits: ServerLimits(),
            upstreamSettings: upstreamSettings,
            staticFolder: page ? folder : nil,
            access: access,
            history: history,
            keyFile: keys,
            journal: keepsJournal ? journal : nil,
            durability: durability,
            audit: audit,
            log: Log(logsRequests: false)
        )
        var made: [EventLoop] = []
        for index in 0..<count { made.append(try EventLoop(index: index, time: time)) }
        loops = made
        try await service.start(on: made, listeners: [listener.number], recovery: recovery)
    }

    /// Copies its folder as a process leaves it that is killed now.
    func killed() throws -> String {
        let copy = try makeFolder()
        mkdir(copy + "/journal", 0o700)
        // The journal first: what it loses meanwhile is in the history already.
        let journal = namesIn(folder + "/journal").map { "journal/" + $0 }
        for name in journal + [KeyFile.name, "history.jsonl", Deletions.name] {
            writeFile("\(copy)/\(name)", readFile("\(folder)/\(name)"))
        }
        return copy
    }

    /// The content of the journal, in short.
    func journalItems() -> [String] {
        var items: [String] = []
        try? JournalFolder(path: folder + "/journal").read { _ in
        } visit: { found, _ in
            switch found.item {
            case .begin(let number, _): items.append("begin \(number)")
            case .entry(let number, let sequence, _, _): items.append("entry \(number).\(sequence)")
            case .retire(let number): items.append("retire \(number)")
            }
        }
        return items
    }

    /// Ends both; answers that still run count as interrupted.
    func stop() async {
        await service.drain()
        await service.interrupt()
        await service.closeAll()
        simulator.stop()
        _ = history.flush(timeoutMilliseconds: 30_000)
        history.close()
        keys.close()
        removeTree(folder)
    }

    func connect() throws -> TestClient {
        try TestClient(port: port)
    }

    /// How often the simulator was asked for a model, and how often nobody waited for the end.
    func calls(_ model: String) -> (calls: Int, closedEarly: Int) {
        let count = simulator.calls[model]
        return (count.calls, count.closedEarly)
    }

    /// What is in memory of an answer's log: the number of the first entry, and about how many bytes.
    func held(_ id: String) async -> (first: Int, bytes: Int)? {
        for loop in loops {
            let held = await loop.run { loop -> (first: Int, bytes: Int)? in
                guard let live = Worker.of(loop)?.store[id]?.live else { return nil }
                return (live.log.first, live.log.heldBytes)
            }
            if let held { return held }
        }
        return nil
    }

    /// How many readers an answer has.
    func readers(_ id: String) async -> Int? {
        for loop in loops {
            let count = await loop.run { Worker.of($0)?.store[id]?.live.readers.count }
            if let count { return count }
        }
        return nil
    }

    /// How many attempts at an answer failed and are, or were, repeated.
    func retries(_ id: String) async -> Int? {
        for loop in loops {
            let count = await loop.run { Worker.of($0)?.store[id]?.source?.retryCount }
            if let count { return count }
        }
        return nil
    }

    /// Whether an upstream has sent the head of an answer, and nothing of the answer itself.
    func isOpened() async -> Bool {
        for loop in loops {
            let isOpened = await loop.run { loop in
                let running = Worker.of(loop)?.store.all ?? []
                return running.contains { ($0.source as? UpstreamCall)?.machine.phase == .opened }
            }
            if isOpened { return true }
        }
        return false
    }

    /// The records so far.
    func records() throws -> [JSON] {
        #expect(history.flush(timeoutMilliseconds: 30_000))
        let bytes = readFile(folder + "/history.jsonl")
        return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSON.parse(Array($0).span) }
    }

    /// The record of one answer; waits a little for it to be written.
    func record(_ id: String?) throws -> JSON {
        var found: [JSON] = []
        let isThere = waits {
            found = ((try? records()) ?? []).filter { $0["id"]?.stringValue == id }
            return !found.isEmpty
        }
        #expect(isThere, "no record of \(id ?? "nothing")")
        #expect(found.count <= 1, "more than one record of one answer")
        return found.first ?? .null
    }
}

/// Runs a test with a relay that is stopped in any case.
func withRelay<Result>(
    loops: Int = 1,
    clock: ManualClock? = nil,
    modelClock: ManualClock? = nil,
    baseURL: String? = nil,
    page: Bool = false,
    durability: Durability = .interval,
    keepsJournal: Bool = true,
    maxPendingBytes: Int = HistoryFile.maxPendingBytes,
    reportsKeys: Bool = true,
    left: String? = nil,
    access: AccessState = AccessState(),
    audit: LineFile? = nil,
    _ configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: (TestRelay) async throws -> Result
) async throws -> Result {
    let relay = try await TestRelay(
        loops: loops,
        clock: clock,
        modelClock: modelClock,
        baseURL: baseURL,
        page: page,
        durability: durability,
        keepsJournal: keepsJournal,
        maxPendingBytes: maxPendingBytes,
        reportsKeys: reportsKeys,
        left: left,
        access: access,
        audit: audit,
        configure
    )
    do {
        let result = try await body(relay)
        await relay.stop()
        return result
    } catch {
        await relay.stop()
        throw error
    }
}

/// Runs a test with the relay that follows one that is killed now.
func withRelay<Result>(
    afterKilling relay: TestRelay,
    _ body: (TestRelay) async throws -> Result
) async throws -> Result {
    try await withRelay(left: relay.killed(), { _ in }, body)
}

func usleepMilliseconds(_ count: UInt32) {
    usleep(count * 1000)
}
