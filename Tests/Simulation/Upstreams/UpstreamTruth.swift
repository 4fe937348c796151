import ChatFormats

/// What a truthful relay makes of a call that it takes to its end.
enum UpstreamTruth: Equatable {
    /// Who may be asked after a call that brought nothing of an answer.
    enum Next {
        /// The same upstream, as often as the policy allows, and then others.
        case again
        /// Others, and not this one.
        case others
        /// Nobody: it was paid, or everybody would refuse it.
        case nobody
    }

    /// The answer is whole, and ends so.
    case whole(Ending)
    /// A part of the answer comes, and it ends so; nobody may be asked again.
    case cut(Ending)
    /// Nothing of an answer comes; where nobody else answers, it ends so.
    case nothing(Ending, Next)

    /// How the answer ends where this call is the last.
    var ending: Ending {
        switch self {
        case .whole(let ending), .cut(let ending), .nothing(let ending, _): ending
        }
    }

    /// Whether another call may follow this one.
    var allowsAnother: Bool {
        switch self {
        case .whole, .cut, .nothing(_, .nobody): false
        case .nothing(_, .again), .nothing(_, .others): true
        }
    }
}
