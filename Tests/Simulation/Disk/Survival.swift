/// Which of the changes that nobody has made safe outlive a loss of power.
enum Survival {
    /// None of them.
    case none
    /// Each of them.
    case all
    /// So many of the first, and of the next one a part.
    case first(Int)
    /// The new lengths of the files, and no content.
    case sizes
    /// Any of them.
    case some

    /// What becomes of one change.
    enum Outcome {
        /// It is there.
        case kept
        /// It is as if it had never been.
        case lost
        /// Of the bytes, some are there.
        case torn
        /// The file has its new length, and zeros where it has grown.
        case zeros
    }

    /// Draws for so many changes.
    static func draw(_ chance: Chance, _ count: Int) -> Survival {
        switch chance.below(5) {
        case 0: .none
        case 1: .all
        case 2: .first(chance.within(0...count))
        case 3: .sizes
        default: .some
        }
    }

    /// What becomes of the change with this number, from 0.
    func outcome(of number: Int, _ chance: Chance) -> Outcome {
        switch self {
        case .none: .lost
        case .all: .kept
        case .first(let count): number < count ? .kept : number == count ? .torn : .lost
        case .sizes: .zeros
        case .some: chance.pick([.kept, .kept, .kept, .lost, .torn, .zeros])
        }
    }
}
