import Loop
import Upstream

/// One call of a model, as its script has it.
///
/// `@unchecked Sendable`, since a world runs on one thread.
final class PlayedCall: @unchecked Sendable {
    let transfer: Transfer
    let question: Int
    /// How many requests had asked it when the call began.
    let requests: Int
    /// Whether another call may follow this one, once it has ended by itself.
    let allowsAnother: Bool
    /// When the next step is due; `.max` while there is none.
    private(set) var due: Nanoseconds
    /// Whether all of an answer comes, though the call may stay open after it.
    private let isWhole: Bool
    private var steps: ArraySlice<UpstreamStep>
    private let loop: EventLoop
    private unowned let world: World

    /// Begins a call; its first step is due at once.
    init(
        _ transfer: Transfer,
        _ script: UpstreamScript,
        _ question: Int,
        of requests: Int,
        on loop: EventLoop,
        in world: World
    ) {
        self.transfer = transfer
        self.question = question
        self.requests = requests
        self.loop = loop
        self.world = world
        steps = script.steps[...]
        allowsAnother = script.truth.allowsAnother
        isWhole = if case .whole = script.truth { true } else { false }
        due = world.clock.now
    }

    /// Takes the steps up to the next wait, in a turn of the loop.
    func play() {
        due = .max
        loop.post { [self] _ in takeSteps() }
    }

    /// Content is wanted again, or not for now.
    func flowChanged() { if !transfer.isPaused { due = world.clock.now } }

    private func takeSteps() {
        guard world.isAlive else { return }
        while !transfer.isOver, let step = steps.first {
            switch step {
            case .wait(let milliseconds):
                steps.removeFirst()
                return due = world.clock.now + .milliseconds(milliseconds)
            case .headerLine(let line):
                steps.removeFirst()
                guard transfer.playedHeaderLine(line.span) else {
                    if !transfer.isOver { end(nil) }
                    return
                }
            case .content(let bytes):
                let isTaken = transfer.playedContent(bytes.span)
                if isTaken || !transfer.isPaused { steps.removeFirst() }
                guard isTaken else { return }
            case .hang:
                // A connection that is left open after the answer costs nobody anything.
                if isWhole { world.process?.ended(self) }
                return
            case .end: return end(nil)
            case .fail(let error): return end(error)
            }
        }
    }

    private func end(_ error: TransferError?) {
        steps = []
        world.story.tell("a call for #\(question)# ends\(error.map { ": \($0.detail)" } ?? "")")
        // Before the relay learns of it: it may ask somebody else at once.
        world.process?.ended(self)
        transfer.playedEnd(error)
    }
}
