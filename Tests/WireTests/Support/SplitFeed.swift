import Testing

/// Every way to deliver a sample in pieces: whole, byte by byte, and cut once at each point.
///
/// A decoder whose results differ for two of them depends on how the network cut the bytes.
struct SplitFeed: Sequence {
    /// The sample that is delivered.
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Returns lists of pieces; each list joined is the sample again.
    func makeIterator() -> AnyIterator<[[UInt8]]> {
        var cut = -1
        return AnyIterator { [bytes] in
            defer { cut += 1 }
            switch cut {
            case -1: return [bytes]
            case 0: return bytes.map { [$0] }
            case 1... where cut < bytes.count: return [Array(bytes[..<cut]), Array(bytes[cut...])]
            default: return nil
            }
        }
    }

    /// Runs `decode` on each list of pieces and expects what the whole sample gives.
    ///
    /// - Returns: what the whole sample gives.
    @discardableResult
    func expectSameOutcome<Outcome: Equatable>(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ decode: (_ pieces: [[UInt8]]) -> Outcome
    ) -> Outcome {
        let whole = decode([bytes])
        for pieces in self {
            let outcome = decode(pieces)
            guard outcome != whole else { continue }
            let sample = String(decoding: bytes, as: UTF8.self)
            let cuts = pieces.count == 2 ? "cut at \(pieces[0].count)" : "byte by byte"
            Issue.record(
                "\(sample.debugDescription) \(cuts): \(outcome), whole: \(whole)",
                sourceLocation: sourceLocation
            )
            break
        }
        return whole
    }
}
