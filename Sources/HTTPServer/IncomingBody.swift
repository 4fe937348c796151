import Wire

/// The body of a request, as it comes in.
final class IncomingBody {
    /// What becomes of it.
    enum Use {
        /// It is kept; where it is compressed, decompressed.
        case keep(ContentCoding?)
        case drop
    }

    /// The first claim on memory, where the body is not smaller: most that come in pieces need
    /// no second one.
    private static let firstClaimBytes = 4096

    let isKept: Bool
    private(set) var bytes: [UInt8] = []
    /// Nil as long as nothing is held from one read to the next.
    private(set) var claim: BodyClaim?
    private var decoder: BodyDecoder
    /// Made with the first bytes: what is announced and has not come takes no memory.
    private var inflation: Inflation?
    private let coding: ContentCoding?
    private let announcedBytes: Int?
    private let maxBytes: Int
    private let limit: Int

    init(_ framing: BodyFraming, _ use: Use, limits: RequestLimits) {
        decoder = BodyDecoder(framing: framing, limits: limits)
        limit = limits.maxBodyBytes
        if case .keep(let coding) = use {
            (isKept, self.coding) = (true, coding)
        } else {
            (isKept, coding) = (false, nil)
        }
        announcedBytes =
            if coding == nil, case .fixed(let length) = framing { length } else { nil }
        maxBytes = announcedBytes ?? limit
    }

    /// Takes what follows the bytes so far.
    ///
    /// - Returns: how many bytes are used up, and whether the body is whole.
    /// - Throws: what is wrong with it, or that it has no room; nothing can be read after it.
    func receive(
        _ more: Span<UInt8>,
        on budget: BodyBudget
    ) throws(RequestError) -> (used: Int, isDone: Bool) {
        if let coding { return try inflate(more, coding, on: budget) }
        if isKept { try makeRoom(for: more.count, on: budget) }
        let (used, isDone) = try decoder.decode(more, into: &bytes)
        if !isKept { bytes = [] }
        return (used, isDone)
    }

    /// Claims and takes the memory that a read may need.
    ///
    /// The array's own growth would take twice its size unasked. What is announced and has not
    /// come claims nothing, else a client could reserve everything by a few heads. A body that
    /// comes whole in one read claims nothing either: it is handed on in the same turn.
    private func makeRoom(for more: Int, on budget: BodyBudget) throws(RequestError) {
        if let announcedBytes, bytes.isEmpty, more >= announcedBytes { return }
        let needed = min(bytes.count + more, maxBytes)
        let room = claim?.bytes ?? 0
        guard needed > room else { return }
        let larger = min(max(needed, 2 * room, Self.firstClaimBytes), maxBytes)
        let claim = claim ?? BodyClaim(on: budget)
        guard claim.grow(to: larger) else { throw .noBodyMemory }
        self.claim = claim
        bytes.reserveCapacity(larger)
    }

    // MARK: Compressed

    /// What decompresses, and its own claim on memory.
    private struct Inflation {
        let inflater: Inflater
        let claim: BodyClaim

        init(_ coding: ContentCoding, on budget: BodyBudget) throws(RequestError) {
            claim = BodyClaim(on: budget)
            guard claim.grow(to: Inflater.heldBytes) else { throw .noBodyMemory }
            inflater = Inflater(coding)
        }
    }

    @inline(never)
    private func inflate(
        _ more: Span<UInt8>,
        _ coding: ContentCoding,
        on budget: BodyBudget
    ) throws(RequestError) -> (used: Int, isDone: Bool) {
        var compressed: [UInt8] = []
        let (used, isDone) = try decoder.decode(more, into: &compressed)
        if !compressed.isEmpty {
            if inflation == nil { inflation = try Inflation(coding, on: budget) }
            try inflation?.inflater.receive(compressed.span) { piece throws(RequestError) in
                // A few bytes can stand for gigabytes: nothing is made that would not be kept.
                guard piece.count <= limit - bytes.count else { throw .bodyTooLarge(limit: limit) }
                try makeRoom(for: piece.count, on: budget)
                bytes.append(span: piece)
            }
        }
        if isDone {
            try inflation?.inflater.finish()
            inflation = nil
        }
        return (used, isDone)
    }
}
