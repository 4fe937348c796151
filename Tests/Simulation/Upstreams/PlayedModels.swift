import ChatFormats
import Loop
import Upstream

/// Plays the models that one process asks, on all of its loops.
///
/// `@unchecked Sendable`, since a world runs on one thread.
final class PlayedModels: @unchecked Sendable {
    private unowned let world: World
    private var calls: [PlayedCall] = []

    /// Begins with no calls.
    init(_ world: World) { self.world = world }

    /// What plays the models on a loop.
    func of(_ reactor: Reactor) -> any UpstreamStandIn { PlayedLoop(reactor.loop, of: self) }

    /// When the next of them does something.
    var nextDue: Nanoseconds { calls.lazy.map(\.due).min() ?? .max }

    /// Lets the one that is due first do something.
    func play(at now: Nanoseconds) {
        guard let call = calls.min(by: { $0.due < $1.due }), call.due <= now else { return }
        call.play()
    }

    fileprivate func began(_ transfer: Transfer, _ request: UpstreamRequest, on loop: EventLoop?) {
        guard world.isAlive, let loop else { return }
        let body = request.body ?? []
        guard let question = QuestionMark.last(in: body) else {
            return world.promises.fail("a model is asked for nothing that a client asked")
        }
        let requests = world.payments.called(question)
        let number = world.payments.calls
        let chance = Chance(seed: world.plan.seed, part: "call \(number)")
        let isSecond = request.url.hasPrefix("http://second")
        let script = UpstreamScript(
            call: number,
            isSecond ? .anthropic : .openAI,
            model: isSecond ? "two" : "one",
            world.plan.has(.weather) ? nil : .fair,
            by: chance
        )
        world.story.tell("call \(number) asks #\(question)# of \(request.url): \(script.weather)")
        calls.append(PlayedCall(transfer, script, question, of: requests, on: loop, in: world))
    }

    fileprivate func flowChanged(_ transfer: Transfer) {
        calls.first { $0.transfer === transfer }?.flowChanged()
    }

    fileprivate func cancelled(_ transfer: Transfer) {
        guard let place = calls.firstIndex(where: { $0.transfer === transfer }) else { return }
        let call = calls.remove(at: place)
        if world.isAlive { over(call, allowsAnother: true) }
    }

    /// A call is over by itself.
    func ended(_ call: PlayedCall) {
        calls.removeAll { $0 === call }
        guard world.isAlive else { return }
        over(call, allowsAnother: call.allowsAnother)
    }

    private func over(_ call: PlayedCall, allowsAnother: Bool) {
        world.payments.callEnded(call.question, of: call.requests, allowsAnother: allowsAnother)
    }
}

/// The models as one loop reaches them.
private final class PlayedLoop: UpstreamStandIn {
    private weak var loop: EventLoop?
    private let models: PlayedModels

    init(_ loop: EventLoop?, of models: PlayedModels) {
        self.loop = loop
        self.models = models
    }

    func started(_ transfer: Transfer, _ request: UpstreamRequest) {
        models.began(transfer, request, on: loop)
    }

    func flowChanged(_ transfer: Transfer) { models.flowChanged(transfer) }

    func cancelled(_ transfer: Transfer) { models.cancelled(transfer) }
}
