import ChatFormats

/// What an upstream does in one call, all of it known before the call begins.
///
/// An answer never ends before its last step, so a truthful relay makes of it what `truth` says,
/// unless it stops the call or its clocks are shorter than the waits.
struct UpstreamScript {
    /// The number of the call, by which the words of its text can be told from all others.
    let call: Int
    /// The protocol.
    let provider: Provider
    /// What befalls it.
    let weather: UpstreamWeather
    /// What it does, one after the other.
    let steps: [UpstreamStep]
    /// What a truthful relay makes of it.
    let truth: UpstreamTruth
    /// The text that comes, to the last word: all of the answer where the call is taken to its end.
    let text: String
    /// Whether an entry comes, so that nobody may be asked again from then on.
    let isAnswered: Bool

    /// Draws the script of a call.
    ///
    /// - Parameters:
    ///   - call: its number in the world.
    ///   - provider: the protocol.
    ///   - model: the model that was asked.
    ///   - weather: what befalls it; nil for chance.
    ///   - chance: decides everything else.
    init(
        call: Int,
        _ provider: Provider,
        model: String,
        _ weather: UpstreamWeather? = nil,
        by chance: Chance
    ) {
        let weather = weather ?? .drawn(by: chance)
        var writing = ScriptWriting(call: call, provider, model: model, weather, by: chance)
        writing.write()
        self.call = call
        self.provider = provider
        self.weather = weather
        steps = writing.steps
        truth = writing.truth
        text = writing.text
        isAnswered = writing.isAnswered
    }

    /// How long its steps take together, without what follows a hang.
    var milliseconds: Int {
        steps.reduce(0) { sum, step in
            if case .wait(let milliseconds) = step { sum + milliseconds } else { sum }
        }
    }
}
