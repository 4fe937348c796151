import Generations
import Loop
import Storage

/// What is decided before a world begins: its machine, its clients, and what goes wrong.
struct Plan {
    /// What can be left out of a world, so that a story that fails gets shorter.
    enum Trouble: String, CaseIterable {
        /// The process dies, without a word, at any of its calls of the disk.
        case kills
        /// The machine loses its power.
        case power
        /// The process dies, or the power goes, soon after the disk has failed.
        case ambushes
        /// The process dies again and again, each time soon after its start.
        case crashLoops
        /// The process is asked to stop.
        case stops
        /// The disk refuses, is full, or fails to make things safe.
        case disk
        /// Background threads are stuck, as with a slow disk.
        case slowness
        /// The wall clock is set.
        case clocks
        /// Upstreams fail, hang, break off.
        case weather
        /// Conversations are deleted.
        case deletions
        /// Somebody stops answers.
        case stopping
    }

    /// Where everything comes from.
    let seed: UInt64
    /// The clients that do not come.
    var absent: Set<Int> = []
    /// What does not go wrong.
    var without: Set<Trouble> = []

    /// How many clients there are, absent ones included.
    let clients: Int
    /// How many loops each process has.
    let loops: Int
    /// When what was written is made safe.
    let durability: Durability
    /// Whether two upstreams can be asked.
    let hasFallback: Bool
    /// How often the process ends before the world does, at most.
    let endings: Int
    /// The size at which the history's file is rotated; 0 for never.
    let rotateBytes: Int
    /// The bounds of the journal.
    let journal: JournalLimits
    /// How much may wait for the disk.
    let maxPendingBytes: Int
    /// How much of a running answer is in memory.
    let logWindowBytes: Int
    /// How much of ended answers is kept in memory.
    let keptBytes: Int
    /// Whether there are limits, which answer later.
    let hasBudgets: Bool
    /// Whether a word is taken out of all answers.
    let hasFilters: Bool
    /// Whether the first process finds what a relay of the first version left.
    let hasOlderFolder: Bool
    /// Whether clients have keys, of two owners who see nothing of each other.
    let hasOwners: Bool

    /// Decides all of it.
    init(seed: UInt64) {
        self.seed = seed
        let chance = Chance(seed: seed, part: "plan")
        clients = chance.within(4...60)
        loops = chance.within(1...3)
        durability = chance.pick([.interval, .interval, .always, .never])
        hasFallback = chance.happens(oneIn: 3)
        endings = chance.pick([0, 1, 1, 2, 3, 5])
        rotateBytes = chance.pick([0, 0, 2048, 8192, 65536])
        var limits = JournalLimits()
        limits.segmentBytes = chance.pick([1024, 4096, 16384, 1 << 20, 16 << 20])
        journal = limits
        maxPendingBytes = chance.pick([4096, 32768, 1 << 20, 64 << 20])
        logWindowBytes = chance.pick([256, 1024, 4096, 256 << 10])
        keptBytes = chance.pick([1024, 16384, 16 << 20])
        hasBudgets = chance.happens(oneIn: 3)
        hasFilters = chance.happens(oneIn: 4)
        hasOlderFolder = chance.happens(oneIn: 4)
        // What an older relay left is nobody's.
        hasOwners = !hasOlderFolder && chance.happens(oneIn: 3)
    }

    /// Whether something may go wrong.
    func has(_ trouble: Trouble) -> Bool { !without.contains(trouble) }

    /// The arguments with which `scripts/simulate` runs this world.
    var arguments: String {
        var words = ["\(seed)"]
        if !absent.isEmpty {
            let numbers = absent.sorted().map(String.init).joined(separator: ",")
            words.append("--absent \(numbers)")
        }
        if !without.isEmpty {
            let names = without.map(\.rawValue).sorted().joined(separator: ",")
            words.append("--without \(names)")
        }
        return words.joined(separator: " ")
    }
}
