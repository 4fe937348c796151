import ChatFormats
import Loop
import Wire

/// Looks at everything that was ever promised, once clients and troubles are over.
final class Reckoning {
    private unowned let world: World
    private let chance: Chance

    /// How long the relay has to come to rest: all clocks of calls and all pauses are shorter.
    private static let rest = Nanoseconds.seconds(400)
    /// How long after a deletion its text is in the files at most.
    private static let compaction = Nanoseconds.seconds(70)

    /// Prepares to look.
    init(_ world: World) {
        self.world = world
        chance = Chance(seed: world.plan.seed, part: "reckoning")
    }

    private var promises: Promises { world.promises }

    /// Looks at all of it.
    func run() {
        world.story.tell("all is calm, and everything that was promised is looked at")
        guard comesToRest() else { return }
        checkDeleted(inJournal: hasWholeJournal)
        guard forgets(), stops(), comesToRest() else { return }
        checkDeleted(inJournal: true)
        readAll()
        guard promises.violation == nil, stops() else { return }
        checkFiles()
    }

    private func comesToRest() -> Bool {
        let isAtRest = world.pass(atMost: Self.rest) {
            world.ensureProcess()
            guard let process = world.process else { return false }
            return process.isReady && process.isIdle && process.heldPlaces == 0
        }
        if !isAtRest { promises.fail("the relay does not come to rest") }
        // Its own upkeep goes on after that.
        _ = world.pass(atMost: Self.compaction) { false }
        return promises.violation == nil
    }

    /// A relay at rest has let go of all that it kept for clients that might have come back.
    private func forgets() -> Bool {
        _ = world.pass(atMost: .seconds(RelayProcess.resumeSeconds)) { false }
        let count = world.process?.answersInMemory ?? 0
        if count > 0 { promises.fail("\(count) answers are in memory, and nobody comes any more") }
        let folder = RelayProcess.dataFolder
        let journal = (world.disk.names(of: folder + "/journal") ?? []).sorted()
        for name in journal where name.hasSuffix(".journal") && hasWholeJournal {
            let size = world.disk.content(of: "\(folder)/journal/\(name)")?.count ?? 0
            // Its header and a frame that tried the disk.
            if size > 64 { promises.fail("\(name) has \(size) bytes, and all is in the history") }
        }
        for name in (world.disk.names(of: folder) ?? []).sorted()
        where name.hasSuffix(".compact") || name.hasSuffix(".new") {
            promises.fail("\(name) is left over")
        }
        return promises.violation == nil
    }

    /// Reads every answer again that anybody was shown.
    private func readAll() {
        for id in promises.ids {
            guard promises.violation == nil, let loop = world.loop(chance) else { return }
            let fields = Owners.fields(of: promises.answers[id]?.owner)
            let request = ClientRequest.read(id, in: .events, fields)
            let visit = ClientVisit(request, wanted: id, .eager, on: loop, of: nil, in: world)
            visit.send()
            let isRead = world.pass(atMost: .seconds(60)) { visit.end != nil }
            guard isRead else { return promises.fail("\(id) cannot be read to its end") }
            check(visit, id)
        }
    }

    private func check(_ visit: ClientVisit, _ id: String) {
        guard let answer = promises.answers[id], answer.isSure, !answer.isDeleted else { return }
        if visit.end != .whole || visit.reading.status != 200 {
            promises.fail("\(id) is answered with \(visit.reading.status ?? 0) at the end")
        }
    }

    private func stops() -> Bool {
        world.process?.beginStop()
        let isOver = world.pass(atMost: .seconds(60)) { world.process == nil }
        if !isOver { promises.fail("the process does not end") }
        return promises.violation == nil
    }

    // MARK: The files

    /// Whether no answer in the journal waits for the next start, since its disk lost a part of it.
    private var hasWholeJournal: Bool { !world.hasLostContent && promises.waiting.isEmpty }

    /// Nothing that was deleted is in the files of a relay that goes on.
    private func checkDeleted(inJournal: Bool) {
        let folder = RelayProcess.dataFolder
        for name in files(in: folder) + (inJournal ? files(in: folder + "/journal") : []) {
            let content = world.disk.content(of: name) ?? []
            for place in content.indices where content[place...].starts(with: Self.recordStart) {
                let line = content[place...].prefix { $0 != UInt8(ascii: "\n") }
                guard let id = Self.deletableID(line), promises.answers[id]?.goneAt != nil else {
                    continue
                }
                return promises.fail("\(id) was deleted, and is in \(name)")
            }
        }
    }

    /// The id of a record of which even a damaged line says whose conversation it belongs to; nil
    /// where that cannot be known, and text follows that somebody may miss.
    private static func deletableID(_ line: ArraySlice<UInt8>) -> String? {
        let words = line.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
            .prefix(20).map { String(decoding: $0, as: UTF8.self) }
        // What follows a name that is lost may be another record.
        guard words.count > 8, words[5] == "conversation", words[6] == ":" else { return nil }
        // Its id and its conversation, with the user's name at most after them.
        let isCutOff = words.count < 13
        let owner = words.firstIndex(of: "owner").map { words[($0 + 1)...] }
        let hasOwner = owner.map { $0.first == ":null," || $0.first == ":" && $0.count > 2 }
        return isCutOff || hasOwner == true ? words[3] : nil
    }

    private static let recordStart = Array("{\"id\":\"".utf8)

    /// The history's and the journal's files in a folder, without those that were set aside.
    private func files(in folder: String) -> [String] {
        (world.disk.names(of: folder) ?? []).filter {
            $0.hasSuffix(".journal") || $0.hasPrefix("history") && $0 != "history.deleted.jsonl"
        }.map { folder + "/" + $0 }
    }

    private func checkFiles() {
        let folder = RelayProcess.dataFolder
        let left = (world.disk.names(of: folder + "/journal") ?? [])
            .filter { $0.hasSuffix(".journal") }
        if !left.isEmpty {
            promises.fail("the journal is not empty after an orderly end: \(left.sorted())")
        }
        var records: [String: [RecordLine]] = [:]
        for name in world.disk.names(of: folder)?.sorted() ?? []
        where name.hasPrefix("history") && name.hasSuffix(".jsonl")
            && name != "history.deleted.jsonl"
        {
            for line in lines(of: folder + "/" + name) {
                let found = Self.records(in: line)
                if !world.hasLostContent, !Self.isWhole(line) {
                    let text = String(decoding: line, as: UTF8.self)
                    return promises.fail("\(name) has a line that is no record: '\(text)'")
                }
                for record in found { records[record.id, default: []].append(record) }
            }
        }
        for id in promises.ids { check(id, records[id] ?? []) }
    }

    /// A line as it is read after a loss of power, which leaves zeros in the middle of it.
    private static func mended(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.contains(0) ? line.map { $0 == 0 ? UInt8(ascii: " ") : $0 }[...] : line
    }

    /// Whether a line is a record and nothing else.
    private static func isWhole(_ line: ArraySlice<UInt8>) -> Bool {
        (try? JSON.parse(line.span)).flatMap { RecordLine($0) } != nil
    }

    /// The whole records of a line: half of what the power took may be before one.
    private static func records(in line: ArraySlice<UInt8>) -> [RecordLine] {
        var line = mended(line)
        while !line.isEmpty {
            if let json = try? JSON.parse(line.span), let record = RecordLine(json) {
                return [record]
            }
            let next = line.indices.dropFirst().first { line[$0...].starts(with: recordStart) }
            line = next.map { line[$0...] } ?? []
        }
        return []
    }

    private func lines(of path: String) -> [ArraySlice<UInt8>] {
        let content = world.disk.content(of: path) ?? []
        return content.split(separator: UInt8(ascii: "\n"))
    }

    private func check(_ id: String, _ records: [RecordLine]) {
        guard let answer = promises.answers[id] else { return }
        guard records.count <= 1 else {
            for record in records { world.story.tell("a record of \(id): \(record)") }
            return promises.fail("\(id) has \(records.count) records")
        }
        guard let record = records.first else {
            guard answer.isSure, !answer.isDeleted else { return }
            return promises.fail("\(id) has no record")
        }
        guard answer.goneAt == nil else {
            return promises.fail("\(id) was deleted, and has a record")
        }
        if !record.text.hasPrefix(answer.surePrefix) {
            promises.fail("\(id) has the record '\(record.text)', shown was '\(answer.surePrefix)'")
        }
        world.checkFilters(record.text)
        if record.owner != answer.owner.map(Owners.recordName) {
            promises.fail("\(id) of \(answer.owner ?? "-") has a record of \(record.owner ?? "-")")
        }
        guard answer.isSure else { return }
        if let whole = answer.whole, whole != record.text {
            promises.fail("\(id) was '\(whole)', and is '\(record.text)' in its record")
        }
        if let told = answer.end?.ending, !told.fits(record) {
            promises.fail("\(id) was told to end with \(told), and its record says otherwise")
        }
    }
}
