import Wire

/// What the journal keeps of a generation beside its entries: enough to write its record, and to
/// serve it after the process that ran it is gone.
package struct JournalHead: Equatable, Sendable {
    package var id: String
    /// The upstream and the model that are asked.
    var source: GenerationRecord.Source
    /// Milliseconds since 1970.
    var startedAt: Int
    /// Whether its client asked for the usage.
    var includesUsage: Bool
    /// Whether its client knows calls of tools only as `function_call`.
    var usesFunctions = false
    /// Whether its client named the model.
    var namesModel = true
    /// Who asked; nil where callers are not told apart.
    var owner: String?
    /// The key under which the client may ask for it again.
    var key: RequestKey?
    /// The id of the answer that it follows, where it is known to follow one.
    var after: String?
    /// The record's beginning, up to what was asked.
    var record: [UInt8]
    /// Whether that beginning names who is asked, as in the first version.
    var recordNamesSource = false

    /// What was asked, as the record has it; nil where its beginning cannot be read.
    var messages: JSON? {
        let whole = record + [UInt8(ascii: "}")]
        return (try? JSON.parse(whole.span))?["messages"]
    }

    /// The version of the form that is written; another form gets another number, and all are read
    /// for ever.
    private static let version: UInt8 = 2
    private static let firstVersion: UInt8 = 1
    private static let usageFlag: UInt8 = 1
    private static let keyFlag: UInt8 = 2
    private static let ownerFlag: UInt8 = 4
    private static let afterFlag: UInt8 = 8
    private static let noModelFlag: UInt8 = 16
    private static let functionsFlag: UInt8 = 32

    /// Appends the bytes that `init` reads: numbers little-endian, texts after their lengths.
    func append(to out: inout [UInt8]) {
        out.append(Self.version)
        out.append(littleEndian: UInt64(max(0, startedAt)), bytes: 8)
        var flags: UInt8 = includesUsage ? Self.usageFlag : 0
        if owner != nil { flags |= Self.ownerFlag }
        if key != nil { flags |= Self.keyFlag }
        if after != nil { flags |= Self.afterFlag }
        if !namesModel { flags |= Self.noModelFlag }
        if usesFunctions { flags |= Self.functionsFlag }
        out.append(flags)
        Self.append(id, to: &out)
        Self.append(source.upstream, to: &out)
        Self.append(source.model, to: &out)
        if let owner { Self.append(owner, to: &out) }
        if let key {
            Self.append(key.text, to: &out)
            out.append(key.fingerprint.version)
            out.append(littleEndian: key.fingerprint.hash, bytes: 8)
        }
        if let after { Self.append(after, to: &out) }
        out.append(contentsOf: record)
    }

    private static func append(_ text: String, to out: inout [UInt8]) {
        out.append(littleEndian: UInt64(text.utf8.count), bytes: 4)
        out.append(contentsOf: text.utf8)
    }
}

extension JournalHead {
    /// Reads the forms that `append` writes or has written; nil for any other form.
    init?(_ bytes: Span<UInt8>) {
        var position = 0
        func number(bytes count: Int) -> UInt64? {
            guard count <= bytes.count - position else { return nil }
            defer { position += count }
            return bytes.littleEndian(at: position..<(position + count))
        }
        func text() -> String? {
            guard let count = number(bytes: 4), count <= bytes.count - position else { return nil }
            defer { position += Int(count) }
            let part = bytes.extracting(position..<(position + Int(count)))
            return part.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
        guard let version = number(bytes: 1), let startedAt = number(bytes: 8),
            let flags = number(bytes: 1),
            let id = text()
        else { return nil }
        func has(_ flag: UInt8) -> Bool { flags & UInt64(flag) != 0 }
        switch UInt8(truncatingIfNeeded: version) {
        case Self.firstVersion:
            guard let model = text() else { return nil }
            source = GenerationRecord.Source(upstream: "", model: model)
            recordNamesSource = true
        case Self.version:
            guard let upstream = text(), let model = text() else { return nil }
            source = GenerationRecord.Source(upstream: upstream, model: model)
        default: return nil
        }
        self.id = id
        self.startedAt = Int(clamping: startedAt)
        includesUsage = has(Self.usageFlag)
        usesFunctions = has(Self.functionsFlag)
        namesModel = !has(Self.noModelFlag)
        if has(Self.ownerFlag) {
            guard let text = text() else { return nil }
            owner = text
        }
        if has(Self.keyFlag) {
            // The first version had only one way of making a fingerprint.
            let kind = recordNamesSource ? UInt64(Self.firstVersion) : nil
            guard let text = text(), let kind = kind ?? number(bytes: 1),
                let hash = number(bytes: 8)
            else { return nil }
            let version = UInt8(truncatingIfNeeded: kind)
            let fingerprint = RequestFingerprint(version: version, hash: hash)
            key = RequestKey(owner: owner, text: text, fingerprint: fingerprint)
        }
        if has(Self.afterFlag) {
            guard let text = text() else { return nil }
            after = text
        }
        record = []
        record.append(span: bytes.extracting(position..<bytes.count))
    }
}
