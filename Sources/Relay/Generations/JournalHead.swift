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
    /// Whether its client named the model.
    var namesModel: Bool
    /// What the client may ask for it by again.
    var key: RequestKey?
    /// The record's beginning, up to what was asked.
    var record: [UInt8]

    /// Of this form; another one gets another number.
    private static let version: UInt8 = 1
    private static let usageFlag: UInt8 = 1
    private static let keyFlag: UInt8 = 2
    private static let noModelFlag: UInt8 = 4

    init(
        id: String,
        model: String,
        startedAt: Int,
        includesUsage: Bool,
        namesModel: Bool,
        key: RequestKey?,
        record: [UInt8]
    ) {
        self.id = id
        self.model = model
        self.startedAt = startedAt
        self.includesUsage = includesUsage
        self.namesModel = namesModel
        self.key = key
        self.record = record
    }

    /// Appends the bytes that `init` reads: numbers little-endian, texts behind their lengths.
    func append(to out: inout [UInt8]) {
        out.append(Self.version)
        Self.append(UInt64(max(0, startedAt)), bytes: 8, to: &out)
        var flags: UInt8 = 0
        if includesUsage { flags |= Self.usageFlag }
        if key != nil { flags |= Self.keyFlag }
        if !namesModel { flags |= Self.noModelFlag }
        out.append(flags)
        Self.append(id, to: &out)
        Self.append(model, to: &out)
        if let key {
            Self.append(key.text, to: &out)
            Self.append(key.fingerprint, bytes: 8, to: &out)
        }
        out.append(contentsOf: record)
    }

    /// Reads the form that `append` writes; nil where it is another.
    init?(_ bytes: Span<UInt8>) {
        var position = 0
        func number(bytes count: Int) -> UInt64? {
            guard count <= bytes.count - position else { return nil }
            var value: UInt64 = 0
            for place in 0..<count {
                value |= UInt64(bytes[position + place]) << UInt64(8 * place)
            }
            position += count
            return value
        }
        func text() -> String? {
            guard let count = number(bytes: 4), count <= bytes.count - position else { return nil }
            defer { position += Int(count) }
            let part = bytes.extracting(position..<(position + Int(count)))
            return part.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
        guard number(bytes: 1) == UInt64(Self.version), let startedAt = number(bytes: 8),
            let flags = number(bytes: 1), let id = text(), let model = text()
        else { return nil }
        self.id = id
        self.model = model
        self.startedAt = Int(clamping: startedAt)
        includesUsage = flags & UInt64(Self.usageFlag) != 0
        namesModel = flags & UInt64(Self.noModelFlag) == 0
        if flags & UInt64(Self.keyFlag) != 0 {
            guard let text = text(), let fingerprint = number(bytes: 8) else { return nil }
            key = RequestKey(text: text, fingerprint: fingerprint)
        }
        record = []
        record.append(span: bytes.extracting(position..<bytes.count))
    }

    private static func append(_ text: String, to out: inout [UInt8]) {
        append(UInt64(text.utf8.count), bytes: 4, to: &out)
        out.append(contentsOf: text.utf8)
    }

    private static func append(_ value: UInt64, bytes count: Int, to out: inout [UInt8]) {
        for place in 0..<count {
            out.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
        }
    }
}
