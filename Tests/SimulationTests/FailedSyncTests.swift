import Glibc
import Loop
import Testing

@testable import Storage
@testable import simulate

/// What the history and the keys make of a disk that forgets what it did not make safe.
@Suite struct FailedSyncTests {
    /// A machine with a disk of that kind.
    private struct Machine {
        let clock = ManualClock(start: .seconds(1000), wallMilliseconds: 1_800_000_000_000)
        let disk: SimulatedDisk
        let process: ProcessDisk
        let work: SimulatedWork
        let platform: Platform

        init(seed: UInt64, habit: FailedSyncHabit = .readsOld) {
            disk = SimulatedDisk(chance: Chance(seed: seed), habit: habit)
            process = disk.attach()
            work = SimulatedWork(clock: clock, chance: Chance(seed: seed, part: "work"))
            platform = Platform(
                disk: process,
                work: work,
                time: .manual(clock),
                random: SeededRandom(Chance(seed: seed, part: "random"))
            )
        }

        func pass(milliseconds: Int) {
            let end = clock.now + .milliseconds(milliseconds)
            while clock.now < end {
                while work.runOne() {}
                clock.move(by: min(work.nextDue ?? end, end) - clock.now)
            }
            while work.runOne() {}
        }
    }

    /// What was answered.
    ///
    /// `@unchecked`: these tests run on one thread.
    private final class Heard: @unchecked Sendable {
        var count: Int?
    }

    private func count(in history: HistoryFile, on machine: Machine) throws -> Int {
        let heard = Heard()
        history.read { catalog in
            heard.count = try? catalog.records(.init(), before: nil, limit: 9, maxBytes: 1 << 20)
                .lines.count
        }
        machine.pass(milliseconds: 10)
        return try #require(heard.count)
    }

    @Test func whatTheIndexReadWhileItWasLostIsReadAgain() throws {
        var counts: Set<Int> = []
        for seed in 0..<20 {
            let machine = Machine(seed: UInt64(seed))
            defer { machine.work.end() }
            let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
            history.append(Array(#"{"id":"a","started_at":"2027-01-15T08:00:00.000Z"}"#.utf8))
            machine.pass(milliseconds: 100)
            machine.disk.faults = [.failsSync(times: 1), .refusesWrites()]
            machine.pass(milliseconds: 1100)
            counts.insert(try count(in: history, on: machine))
            machine.disk.faults = []
            machine.pass(milliseconds: 20_000)
            #expect(history.isWritable)
            #expect(try count(in: history, on: machine) == 1)
        }
        #expect(counts == [0, 1])
    }

    @Test func deletedTextGoesOnceTheFilesCanBeReadAgain() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
        let record = #"{"id":"a","conversation":"c","started_at":"2027-01-15T08:00:00.000Z"}"#
        history.append(Array(record.utf8))
        machine.pass(milliseconds: 100)
        history.read { catalog in
            #expect(throws: Never.self) {
                let name = ConversationName(id: "c", owner: nil)
                try catalog.delete(name, at: Array("2027-01-15T09:00:00.000Z".utf8))
            }
        }
        machine.pass(milliseconds: 10)
        machine.disk.faults = [.noDescriptors]
        // More comes in, so that the index has to read the file.
        history.append(Array(#"{"id":"b","started_at":"2027-01-15T08:00:00.000Z"}"#.utf8))
        machine.pass(milliseconds: 2000)
        machine.disk.faults = []
        machine.pass(milliseconds: 65_000)
        let left = String(file: machine.disk.content(of: "/data/history.jsonl"))
        #expect(left == "{\"id\":\"b\",\"started_at\":\"2027-01-15T08:00:00.000Z\"}\n")
    }

    @Test func whatComesBackWithARotationIsReadAgain() throws {
        var counts: Set<Int> = []
        for seed in 0..<20 {
            let machine = Machine(seed: UInt64(seed))
            defer { machine.work.end() }
            let history = try HistoryFile(
                directory: "/data",
                rotateBytes: 100,
                platform: machine.platform
            ) { _ in }
            history.append(Array(#"{"id":"a","started_at":"2027-01-15T08:00:00.000Z"}"#.utf8))
            machine.pass(milliseconds: 100)
            machine.disk.faults = [.failsSync(times: 1), .refusesWrites()]
            machine.pass(milliseconds: 1100)
            counts.insert(try count(in: history, on: machine))
            machine.disk.faults = []
            for id in ["b", "c"] {
                history.append(
                    Array(#"{"id":"\#(id)","started_at":"2027-01-15T08:00:00.000Z"}"#.utf8)
                )
                machine.pass(milliseconds: 100)
            }
            #expect(try count(in: history, on: machine) == 3)
            #expect(machine.disk.names(of: "/data")?.contains("history-000001.jsonl") == true)
        }
        #expect(counts == [0, 1])
    }

    private func line(_ id: String, in conversation: String) -> [UInt8] {
        let start = #""started_at":"2027-01-15T08:00:00.000Z""#
        return Array(#"{"id":"\#(id)","conversation":"\#(conversation)",\#(start)}"#.utf8)
    }

    private func delete(_ conversation: String, from history: HistoryFile, on machine: Machine) {
        let name = ConversationName(id: conversation, owner: nil)
        history.delete(conversation: name, at: { 1_800_000_000_000 }) { failure in
            #expect(failure == nil)
        }
        machine.pass(milliseconds: 10)
    }

    /// A history that nobody makes safe, with a record in each of the conversations c and d.
    private func historyOfTwo(on machine: Machine) throws -> HistoryFile {
        let history = try HistoryFile(
            directory: "/data",
            durability: .never,
            platform: machine.platform
        ) { _ in }
        history.append(line("a", in: "c"))
        machine.pass(milliseconds: 100)
        machine.disk.writeBack()
        history.append(line("b", in: "d"))
        machine.pass(milliseconds: 100)
        return history
    }

    @Test func halfADeletedLineThatAFailedSyncLeftIsRemoved() throws {
        for seed in 0..<20 {
            let machine = Machine(seed: UInt64(seed))
            defer { machine.work.end() }
            let history = try historyOfTwo(on: machine)
            machine.disk.faults = [.failsSync(times: 1, of: "history.jsonl")]
            // The files are made safe before they are written anew.
            delete("c", from: history, on: machine)
            machine.pass(milliseconds: 1100)
            delete("d", from: history, on: machine)
            machine.pass(milliseconds: 65_000)
            let left = String(file: machine.disk.content(of: "/data/history.jsonl"))
            #expect(!left.contains("\"d\""))
        }
    }

    @Test func aDeletedRecordThatTheDiskRefusedBeforeIsRemoved() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
        machine.disk.faults = [.refusesWrites(of: "history.jsonl")]
        history.append(line("a", in: "c"))
        machine.pass(milliseconds: 100)
        delete("c", from: history, on: machine)
        machine.pass(milliseconds: 5000)
        machine.disk.faults = []
        machine.pass(milliseconds: 65_000)
        #expect(history.recordsWaiting == 0)
        #expect(machine.disk.content(of: "/data/history.jsonl") == [])
    }

    @Test func theLineAfterHalfALineIsWholeHoweverLateTheDiskTakesIt() throws {
        for seed in 0..<20 {
            let machine = Machine(seed: UInt64(seed))
            defer { machine.work.end() }
            let history = try historyOfTwo(on: machine)
            machine.disk.faults = [
                .failsSync(times: 1, of: "history.jsonl"), .refusesWrites(of: "history.jsonl"),
            ]
            delete("c", from: history, on: machine)
            machine.pass(milliseconds: 1100)
            history.append(line("e", in: "f"))
            machine.pass(milliseconds: 1100)
            machine.disk.faults = []
            machine.pass(milliseconds: 10_000)
            let left = String(file: machine.disk.content(of: "/data/history.jsonl"))
            #expect(
                left.split(separator: "\n").last
                    == String(decoding: line("e", in: "f"), as: UTF8.self)[...]
            )
        }
    }

    @Test func whatSomebodyCutsOffDuringACompactionStaysAway() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
        for number in 0..<10 { history.append(line("a\(number)", in: number < 5 ? "c" : "d")) }
        machine.pass(milliseconds: 2000)
        delete("c", from: history, on: machine)
        machine.clock.move(by: .seconds(1))
        let names = { machine.disk.names(of: "/data") ?? [] }
        while !names().contains("history.jsonl.compact") { #expect(machine.work.runOne()) }
        let file = try machine.process.open("/data/history.jsonl", O_RDWR, 0)
        try machine.process.truncate(file, to: 0)
        history.append(line("b", in: "d"))
        machine.pass(milliseconds: 5000)
        let left = String(file: machine.disk.content(of: "/data/history.jsonl"))
        #expect(left == String(decoding: line("b", in: "d"), as: UTF8.self) + "\n")
        #expect(!names().contains("history.jsonl.compact"))
        #expect(try count(in: history, on: machine) == 1)
    }

    @Test func aDeletedRecordThatComesWithARotationIsRemovedWhateverFails() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        let history = try HistoryFile(
            directory: "/data",
            rotateBytes: 1,
            platform: machine.platform
        ) { _ in }
        machine.disk.faults = [.refusesWrites(of: "history.jsonl")]
        history.append(line("a", in: "c"))
        machine.pass(milliseconds: 100)
        delete("c", from: history, on: machine)
        machine.disk.faults = [.failsSync(times: 1, of: "history.jsonl")]
        machine.pass(milliseconds: 130_000)
        #expect(history.recordsWaiting == 0)
        for name in machine.disk.names(of: "/data") ?? [] where name != Deletions.name {
            let left = String(file: machine.disk.content(of: "/data/\(name)"))
            #expect(!left.contains("\"c\""))
        }
    }

    @Test func whatIsCutOffBeforeTheFirstRecordIsNoticed() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        let file = try machine.process.open("/data/history.jsonl", O_RDWR | O_CREAT, 0o600)
        let text = String(decoding: line("a", in: "c"), as: UTF8.self) + "\n"
        try machine.process.put(file, text + text, at: 0)
        let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
        #expect(try count(in: history, on: machine) == 2)
        try machine.process.truncate(file, to: 0)
        for id in ["d", "e", "f"] { history.append(line(id, in: "c")) }
        machine.pass(milliseconds: 100)
        #expect(try count(in: history, on: machine) == 3)
    }

    @Test func deletedTextThatIsSetAsideLateGoes() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        do {
            let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
            history.append(line("a", in: "c"))
            machine.pass(milliseconds: 100)
            history.read { catalog in
                #expect(throws: Never.self) {
                    let name = ConversationName(id: "c", owner: nil)
                    try catalog.delete(name, at: Array("2027-01-15T09:00:00.000Z".utf8))
                }
            }
            machine.pass(milliseconds: 65_000)
            history.close()
        }
        let half = String(decoding: line("b", in: "c").dropLast(2), as: UTF8.self)
        let file = try machine.process.open("/data/history.jsonl", O_RDWR, 0o600)
        let end = machine.disk.content(of: "/data/history.jsonl")?.count ?? 0
        try machine.process.put(file, half, at: end)
        machine.disk.faults = [.failsSync(times: 1000)]
        let history = try HistoryFile(directory: "/data", platform: machine.platform) { _ in }
        // The torn lines are looked through before this one is among them.
        #expect(try count(in: history, on: machine) == 0)
        machine.pass(milliseconds: 65_000)
        #expect(!history.isWritable)
        machine.disk.faults = []
        machine.pass(milliseconds: 65_000)
        #expect(history.isWritable)
        let names = try #require(machine.disk.names(of: "/data"))
        #expect(!names.contains { $0.contains(".torn-") })
    }

    @Test func allThatEarlierProcessesLeftIsWrittenAgain() throws {
        let machine = Machine(seed: 1, habit: .keepsPages)
        defer { machine.work.end() }
        let file = try machine.process.open("/data/history.jsonl", O_RDWR | O_CREAT, 0o600)
        try machine.process.synchronize(file)
        var text = ""
        for number in 0..<9 {
            let record = String(decoding: line("\(number)", in: "c"), as: UTF8.self) + "\n"
            try machine.process.put(file, record, at: text.utf8.count)
            text += record
        }
        machine.disk.faults = [.failsSync(times: 1)]
        #expect(throws: DiskError.self) { try machine.process.synchronize(file) }
        try machine.process.synchronize(file)
        #expect(machine.disk.safeContent(of: "/data/history.jsonl") != Array(text.utf8))
        let history = try HistoryFile(
            directory: "/data",
            maxPendingBytes: text.utf8.count / 4,
            platform: machine.platform
        ) { _ in }
        let place = try #require(history.distrust(0..<text.utf8.count))
        machine.pass(milliseconds: 2000)
        #expect(history.isSafe(place))
        #expect(machine.disk.safeContent(of: "/data/history.jsonl") == Array(text.utf8))
    }

    @Test func keysOfAnEarlierProcessAreWrittenAgain() throws {
        let machine = Machine(seed: 1)
        defer { machine.work.end() }
        let key = KeptKey(
            owner: nil,
            text: "key",
            fingerprintVersion: 1,
            fingerprint: 1,
            generation: "A1",
            endedAt: 1_800_000_000_000
        )
        let line = key.line + Array("\n".utf8)
        let file = try machine.process.open("/data/keys", O_RDWR | O_CREAT, 0o600)
        try machine.process.put(file, String(decoding: line, as: UTF8.self), at: 0)
        let keys = try KeyFile(
            directory: "/data",
            durability: .interval,
            lifeMilliseconds: 60_000,
            platform: machine.platform
        ) { _ in }
        #expect(keys.distrust())
        let place = keys.lastPlace
        #expect(!keys.isSafe(place))
        // The disk never had it, whatever could be read.
        try machine.process.put(file, String(repeating: "\0", count: line.count), at: 0)
        machine.pass(milliseconds: 2000)
        #expect(keys.isSafe(place))
        #expect(machine.disk.safeContent(of: "/data/keys") == line)
    }
}
