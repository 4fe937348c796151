/// How many of the frames that were written would survive a loss of power, and when the disk is
/// asked to make more of them safe.
///
/// One round is on its way at a time: one wait for the disk serves all that was written meanwhile.
struct SafetyRounds {
    /// Whether the disk makes safe what it takes.
    private enum Trust: Equatable {
        case trusted
        /// A round failed. → rewritten
        case failed
        /// All was written again after that, or was late and not lost. → trusted, failed
        case rewritten
    }

    /// What is to be done after a round.
    enum Outcome: Equatable {
        /// What it covered is safe; `isBack` where that ends a time without safety, and `isBehind`
        /// where more was written meanwhile.
        case safe(isBack: Bool, isBehind: Bool)
        /// The disk can be trusted again with what it is given now, and not with what it had: after
        /// a failure the kernel may call pages clean that never reached the disk.
        case writeAgain
        /// It failed; `isNew` where the one before had not.
        case failed(isNew: Bool)
    }

    /// How many frames are in the file, and how many of them are safe.
    private(set) var written = 0
    private(set) var safe = 0
    /// Whether a round is on its way.
    private(set) var isUnderWay = false
    private var trust = Trust.trusted

    /// Whether the disk has reported that what it took is not safe.
    var isUnsafe: Bool { trust != .trusted }

    /// Whether a round would make anything safe.
    var isWanted: Bool { !isUnderWay && (safe < written || isUnsafe) }

    /// A frame was written.
    mutating func wrote() { written += 1 }

    /// Nothing that was written is wanted any more.
    mutating func forgot() { safe = written }

    /// A round begins.
    ///
    /// - Returns: how many frames it covers; given to `ended`.
    mutating func begin() -> Int {
        isUnderWay = true
        return written
    }

    /// The round is over.
    mutating func ended(covering frames: Int, hasFailed: Bool) -> Outcome {
        isUnderWay = false
        guard !hasFailed else { return failed() }
        guard trust != .failed else {
            trust = .rewritten
            return .writeAgain
        }
        safe = max(safe, frames)
        defer { trust = .trusted }
        return .safe(isBack: isUnsafe, isBehind: safe < written)
    }

    /// A file that is not written any more could not be made safe.
    mutating func failed() -> Outcome {
        defer { trust = .failed }
        return .failed(isNew: !isUnsafe)
    }

    /// The round takes too long: nobody waits for it any more, but what is late is not lost.
    mutating func late() -> Outcome {
        let isNew = !isUnsafe
        trust = isNew ? .rewritten : .failed
        return .failed(isNew: isNew)
    }
}
