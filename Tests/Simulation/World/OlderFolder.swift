import ChatFormats
import Glibc
import Loop
import Storage

/// What a relay of the first version left in its folder.
enum OlderFolder {
    /// Puts it on a disk before any process begins, and promises it to all.
    ///
    /// - Parameters:
    ///   - disk: the world's.
    ///   - chance: decides how much there is.
    ///   - promises: takes each answer as one that was shown whole.
    static func write(on disk: SimulatedDisk, _ chance: Chance, _ promises: Promises) {
        var file: [UInt8] = []
        for number in 0..<chance.within(1...30) {
            let id = id(number)
            let text = "old \(number)"
            file += Array(line(id, number, text).utf8)
            promises.met(id, by: nil, question: nil, isSafe: true)
            promises.ended(
                id,
                .finished(.complete),
                with: nil,
                after: nil,
                whole: text,
                isSafe: true
            )
        }
        do {
            try put(file, on: disk.attach())
        } catch {
            promises.fail("the older folder cannot be written: \(error)")
        }
    }

    private static func put(_ bytes: [UInt8], on process: ProcessDisk) throws(DiskError) {
        defer { process.end() }
        let path = RelayProcess.dataFolder + "/history.jsonl"
        let file = try process.open(path, O_WRONLY | O_CREAT, 0o600)
        _ = try bytes.span.withUnsafeBytes { raw throws(DiskError) in try process.write(file, raw) }
        try process.synchronize(file)
        let folder = try process.open(RelayProcess.dataFolder, O_RDONLY | O_DIRECTORY, 0)
        try process.synchronize(folder)
    }

    /// Ids of a relay that had more loops than any of this world's has.
    private static func id(_ number: Int) -> String {
        "H" + String(repeating: "x", count: 20) + (number < 10 ? "0\(number)" : "\(number)")
    }

    /// Its lines had the upstream in their beginnings, and fewer members.
    private static func line(_ id: String, _ number: Int, _ text: String) -> String {
        let time = "2027-01-15T07:\(10 + number):00.000Z"
        let begin =
            #"{"id":"\#(id)","conversation":null,"user":null,"started_at":"\#(time)","#
            + #""upstream":"first","model":"one","#
        let question = #""messages":[{"role":"user","content":"What was it?"}],"#
        let end =
            #""ended_at":"\#(time)","content":"\#(text)","status":"complete","#
            + #""finish_reason":"stop","usage":null,"#
        let timing = #""timing":{"ttft_ms":3,"total_ms":3,"tokens":2,"retries":0},"error":null}"#
        return begin + question + end + timing + "\n"
    }
}
