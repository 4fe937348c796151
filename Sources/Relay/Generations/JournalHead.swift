import Wire

/// What the journal keeps of a generation beside its entries: enough to write its record and to read
/// it out after the process that ran it is gone.
struct JournalHead: Equatable {
    var id: String
    var model: String
    /// Milliseconds since 1970.
    var startedAt: Int
    /// Whether its reader asked for the usage.
    var includesUsage: Bool
    /// The record's beginning, up to what was asked.
    var record: [UInt8]

    /// Of this form; another one gets another number.
    private static let version: UInt8 = 1

    init(id: String, model: String, startedAt: Int, includesUsage: Bool, record: [UInt8]) {
        self.id = id
        self.model = model
        self.startedAt = startedAt
        self.includesUsage = includesUsage
        self.record = record
    }

    /// Appends the bytes that `init` reads: numbers little-endian, texts behind their lengths.
    func append(to out: inout [UInt8]) {
        out.append(Self.version)
        Self.append(UInt64(max(0, startedAt)), bytes: 8, to: &out)
        out.append(includesUsage ? 1 : 0)
        for text in [id, model] {
            let text = Array(text.utf8)
            Self.append(UInt64(text.count), bytes: 4, to: &out)
            out.append(contentsOf: text)
        }
        out.append(contentsOf: record)
    }

    /// Reads the form that `append` writes; nil where it is another.
    init?(_ bytes: Span<UInt8>) {
        var position = 0
        func number(bytes count: Int) -> Int? {
            guard count <= bytes.count - position else { return nil }
            var value: UInt64 = 0
            for place in 0..<count {
                value |= UInt64(bytes[position + place]) << UInt64(8 * place)
            }
            position += count
            return Int(exactly: value)
        }
        func text() -> String? {
            guard let count = number(bytes: 4), count <= bytes.count - position else { return nil }
            defer { position += count }
            let part = bytes.extracting(position..<(position + count))
            return part.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
        guard number(bytes: 1) == Int(Self.version), let startedAt = number(bytes: 8),
            let flags = number(bytes: 1), let id = text(), let model = text()
        else { return nil }
        self.id = id
        self.model = model
        self.startedAt = startedAt
        includesUsage = flags & 1 == 1
        record = []
        record.append(span: bytes.extracting(position..<bytes.count))
    }

    private static func append(_ value: UInt64, bytes count: Int, to out: inout [UInt8]) {
        for place in 0..<count {
            out.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
        }
    }
}
