/// What happens in a world, one line for each event; two runs of one seed tell the same.
final class Story {
    /// The lines so far; none where nobody listens.
    private(set) var lines: [String] = []
    /// Whether lines are kept: a run that is not looked at costs nothing for them.
    private let isKept: Bool

    /// Begins a story.
    init(isKept: Bool) { self.isKept = isKept }

    /// Adds a line, which is only made where it is kept.
    func tell(_ line: @autoclosure () -> String) {
        if isKept { lines.append(line()) }
    }
}
