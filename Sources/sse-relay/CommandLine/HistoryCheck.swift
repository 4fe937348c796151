import Loop
import Relay
import Storage
import Wire

/// Whether the files of a history are whole, and what is done where they are not.
struct HistoryCheck {
    private let folder: String

    init(_ folder: String) { self.folder = folder }

    /// Reads every file, and prints what is in it.
    ///
    /// - Returns: the exit code: failure where something is damaged.
    func verify(asJSON: Bool) throws(HistoryCommandError) -> Int32 {
        let found = try inspect()
        let output = try PrintedOutput(nil)
        try output.write(asJSON ? Self.json(found) : Array(Self.text(found).utf8))
        return found.isDamaged ? ExitCode.failure : ExitCode.success
    }

    /// Sets aside what is no record.
    func repair(isDry: Bool) throws(HistoryCommandError) {
        let found = try inspect()
        guard found.isDamaged else { return Console.out("nothing is damaged; nothing is changed") }
        Console.out(Self.plan(found))
        if isDry { return }
        guard try HeldFolder(folder).relay() == nil else { throw .relayRuns(folder: folder) }
        try HeldFolder(folder).checkOwner()
        do throws(StorageError) {
            var repair = try HistoryRepair.begin(directory: folder)
            try repair.run()
            for path in repair.setAside { Console.out("set aside: \(path)") }
        } catch .locked {
            throw .relayRuns(folder: folder)
        } catch {
            throw .storage(error)
        }
    }

    /// Looks again where the last line is not whole: a relay may be writing it.
    private func inspect() throws(HistoryCommandError) -> HistoryInspection {
        do throws(StorageError) {
            var found = try HistoryInspection(directory: folder)
            if found.files.contains(where: { $0.unfinishedBytes > 0 }) {
                DispatchWork().sleep(milliseconds: 300)
                found = try HistoryInspection(directory: folder)
            }
            return found
        } catch {
            throw .storage(error)
        }
    }

    // MARK: Words

    private static func plan(_ found: HistoryInspection) -> String {
        found.files.filter(\.isDamaged).map { file in
            var steps: [String] = []
            if file.pieces > 0 { steps.append("set aside \(pieces(file))") }
            if file.unfinishedBytes > 0 {
                steps.append("set aside or end \(unfinished(file))")
            }
            if file.repairable > 0 {
                let what = count(file.repairable, "record")
                steps.append("put \(what) right, and set aside what is there now")
            }
            return "\(file.path): to \(steps.joined(separator: "; to "))"
        }.joined(separator: "\n")
    }

    private static func text(_ found: HistoryInspection) -> String {
        var text = ""
        for file in found.files {
            var parts = ["\(file.path): \(count(file.records, "record"))"]
            if file.deleted > 0 { parts.append("\(file.deleted) of them deleted, to be removed") }
            if file.pieces > 0 { parts.append(pieces(file)) }
            if file.repairable > 0 {
                parts.append("\(count(file.repairable, "record")) with bytes that JSON lacks")
            }
            if file.unfinishedBytes > 0 { parts.append(unfinished(file)) }
            if let first = file.firstDamage { parts.append("the first damage at byte \(first)") }
            text += parts.joined(separator: ", ") + "\n"
        }
        if found.duplicates > 0 {
            text += "\(count(found.duplicates, "record")) with the id of another\n"
        }
        for path in found.setAside { text += "\(path): set aside before\n" }
        text += found.isDamaged ? "damaged: see sse-relay history repair --dry-run\n" : "whole\n"
        return text
    }

    private static func count(_ number: Int, _ word: String) -> String {
        "\(number) \(word)\(number == 1 ? "" : "s")"
    }

    private static func pieces(_ file: HistoryInspection.File) -> String {
        "\(count(file.pieces, "piece")) of \(count(file.damagedBytes, "byte")) that are no record"
    }

    private static func unfinished(_ file: HistoryInspection.File) -> String {
        "an unfinished line of \(count(file.unfinishedBytes, "byte"))"
    }

    private static func json(_ found: HistoryInspection) -> [UInt8] {
        func number(_ value: Int) -> JSON { .number("\(value)") }
        let files = found.files.map { file in
            JSON.object([
                .init(key: "path", value: .string(file.path)),
                .init(key: "records", value: number(file.records)),
                .init(key: "deleted", value: number(file.deleted)),
                .init(key: "damaged_pieces", value: number(file.pieces)),
                .init(key: "damaged_bytes", value: number(file.damagedBytes)),
                .init(key: "repairable_records", value: number(file.repairable)),
                .init(key: "unfinished_bytes", value: number(file.unfinishedBytes)),
                .init(key: "first_damage", value: file.firstDamage.map(number) ?? .null),
            ])
        }
        var out: [UInt8] = []
        JSON.object([
            .init(key: "damaged", value: .bool(found.isDamaged)),
            .init(key: "files", value: .array(files)),
            .init(key: "duplicate_ids", value: number(found.duplicates)),
            .init(key: "set_aside", value: .array(found.setAside.map { .string($0) })),
        ]).write(into: &out)
        out.append(UInt8(ascii: "\n"))
        return out
    }
}
