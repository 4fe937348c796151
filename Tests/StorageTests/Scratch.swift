import Glibc
import Loop
import TestSupport

@testable import Storage

/// A folder of the test's own, gone with it.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/sse-relay-storage-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = mkdtemp(start) else {
                preconditionFailure("no scratch folder")
            }
            return String(cString: made)
        }
    }

    deinit {
        removeTree(path)
    }

    /// The history file's path, and whatever else is in the folder.
    func path(_ name: String = "history.jsonl") -> String {
        "\(path)/\(name)"
    }

    /// Whether any file in the folder holds the text.
    func has(_ text: String) -> Bool {
        let wanted = bytes(text)
        return names().contains { name in
            let content = read(name)
            guard content.count >= wanted.count else { return false }
            return content.indices.dropLast(wanted.count - 1).contains {
                content[$0] == wanted[0] && content[$0...].starts(with: wanted)
            }
        }
    }

    func names() -> [String] {
        namesIn(path)
    }

    func write(_ bytes: [UInt8], to name: String = "history.jsonl") {
        guard let file = fopen(path(name), "w") else { preconditionFailure("no scratch file") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    func read(_ name: String = "history.jsonl") -> [UInt8] {
        guard let file = fopen(path(name), "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }

    /// The lines of the file; the last one must be whole.
    func lines(_ name: String = "history.jsonl") -> [String] {
        let bytes = read(name)
        guard !bytes.isEmpty else { return [] }
        guard bytes.last == newline else { return ["the last line is torn"] }
        return bytes.dropLast().split(separator: newline, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What a history file reported, in order.
final class Reports: Sendable {
    private let list = Guarded<[HistoryReport]>([])

    var all: [HistoryReport] { list.withLock { $0 } }

    func add(_ report: HistoryReport) {
        list.withLock { $0.append(report) }
    }

    /// Waits for a report.
    func wait(for isWanted: (HistoryReport) -> Bool) -> Bool {
        waits { all.contains(where: isWanted) }
    }
}

func bytes(_ text: String) -> [UInt8] {
    Array(text.utf8)
}

/// Names a conversation.
func named(_ id: String, _ owner: String? = nil) -> ConversationName {
    ConversationName(id: id, owner: owner)
}
