import Glibc
import Loop
import Wire

/// A data folder with a history.
enum HistoryFolder {
    private static let pieceBytes = 1 << 20

    /// Makes a folder whose history has so many records, as short as the relay writes them.
    static func make(records: Int) throws(SystemCallError) -> String {
        let folder = try Leftovers.shared.makeFolder()
        let descriptor = Descriptor(
            owning: try check("open") {
                open("\(folder)/history.jsonl", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            }
        )
        var piece: [UInt8] = []
        for number in 0..<records {
            append(record: number, into: &piece)
            guard piece.count >= pieceBytes || number == records - 1 else { continue }
            try TextFile.writeAll(piece, to: descriptor.number)
            piece.removeAll(keepingCapacity: true)
        }
        // An old history is on the disk: the daemon's own fsync must not pay for these records.
        _ = try check("fsync") { fsync(descriptor.number) }
        return folder
    }

    private static func append(record number: Int, into out: inout [UInt8]) {
        out.append(literal: "{\"id\":\"bench-")
        out.append(decimal: number)
        out.append(literal: "\",\"conversation\":null,\"user\":null,")
        out.append(literal: "\"started_at\":\"2026-01-01T00:00:00.000Z\",")
        out.append(literal: "\"ended_at\":\"2026-01-01T00:00:01.000Z\",")
        out.append(literal: "\"upstream\":\"openai\",\"model\":\"bench\",")
        out.append(literal: "\"messages\":[{\"role\":\"user\",\"content\":\"measure\"}],")
        out.append(literal: "\"content\":\"An answer.\",\"status\":\"complete\",")
        out.append(literal: "\"finish_reason\":\"stop\",\"usage\":null,\"timing\":{\"ttft_ms\":1,")
        out.append(literal: "\"total_ms\":1000,\"tokens\":3,\"retries\":0},\"error\":null}\n")
    }
}
