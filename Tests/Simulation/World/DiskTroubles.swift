import Loop

/// What is wrong with the disk for a while, and when that passes.
final class DiskTroubles {
    /// What can be wrong with it.
    enum Kind {
        /// It has little room, or none.
        case full
        /// It takes no content; where a word is named, of those that have it in their names.
        case refusesWrites(of: String?)
        case refusesReads
        case refusesNames
        case noDescriptors
        /// It fails to make things safe; where a word is named, those that have it in their names.
        case failsSync(of: String?)

        /// Decides on one.
        init(_ chance: Chance) {
            self = chance.pick([
                .full, .full, .refusesWrites(of: nil), .refusesReads, .refusesNames, .noDescriptors,
                .failsSync(of: nil), .failsSync(of: nil),
            ])
        }
    }

    private let disk: SimulatedDisk
    private let story: Story
    private let chance: Chance
    private var passing: [(at: Nanoseconds, fault: DiskFault)] = []

    /// Begins with a disk that is well.
    init(_ disk: SimulatedDisk, _ story: Story, _ chance: Chance) {
        self.disk = disk
        self.story = story
        self.chance = chance
    }

    /// When the next fault is over; nil where there is none.
    var nextEnd: Nanoseconds? { passing.map(\.at).min() }

    /// Something is wrong with the disk from now on.
    func begin(_ kind: Kind, for milliseconds: Int, at now: Nanoseconds) {
        let fault = fault(kind)
        story.tell("the disk has a fault for \(milliseconds) ms: \(fault)")
        disk.faults.append(fault)
        passing.append((now + .milliseconds(milliseconds), fault))
    }

    private func fault(_ kind: Kind) -> DiskFault {
        switch kind {
        case .full: .full(bytes: disk.used + chance.below(8192))
        case .refusesWrites(let word): .refusesWrites(of: word)
        case .refusesReads: .refusesReads
        case .refusesNames: .refusesNames
        case .noDescriptors: .noDescriptors
        case .failsSync(let word):
            .failsSync(times: chance.pick([1, 1, 2, chance.within(1...20)]), of: word)
        }
    }

    /// Ends a fault that is over.
    ///
    /// - Returns: whether there was one.
    func endOne(at now: Nanoseconds) -> Bool {
        guard let place = passing.firstIndex(where: { $0.at <= now }) else { return false }
        let fault = passing.remove(at: place).fault
        story.tell("the disk's fault is over: \(fault)")
        disk.faults.removeAll { $0.isLeft(of: fault) }
        return true
    }
}
