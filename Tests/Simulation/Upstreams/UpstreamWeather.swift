/// What befalls one call of an upstream.
enum UpstreamWeather: String, CaseIterable {
    /// The answer comes whole, at a usual speed.
    case fair
    /// It comes whole, in small pieces and slowly.
    case slow
    /// The upstream refuses with a status.
    case refused
    /// No connection is made.
    case unreachable
    /// The connection breaks within the head.
    case brokenHead
    /// It breaks after the head and before anything of the answer.
    case brokenEarly
    /// It breaks in the middle of the answer, or after its last word.
    case brokenText
    /// It breaks after the reason for the end and before the end mark.
    case brokenLate
    /// The stream ends in order, before its end and without a reason.
    case short
    /// An event of the stream is an error, before anything of the answer.
    case errorEarly
    /// An event of the stream is an error, in the middle of the answer.
    case errorText
    /// A page of HTML comes in the place of a stream.
    case page
    /// Nothing comes, not even a head.
    case silentHead
    /// A head comes, and nothing of the answer.
    case silentStream
    /// Nothing comes any more in the middle of the answer.
    case silentText
    /// The reason for the end comes, and neither the end mark nor the connection's end.
    case silentLate

    /// How often it comes, in a hundred calls.
    var share: Int {
        switch self {
        case .fair: 70
        case .slow: 4
        case .refused: 5
        case .unreachable, .brokenText, .errorEarly, .short: 3
        case .brokenHead, .brokenEarly, .errorText: 2
        case .brokenLate, .page, .silentHead, .silentStream, .silentText, .silentLate: 0
        }
    }

    /// Those that share what is left of the hundred.
    private static let rare = allCases.filter { $0.share == 0 }

    /// Draws one.
    static func drawn(by chance: Chance) -> UpstreamWeather {
        var number = chance.below(100)
        for weather in allCases {
            number -= weather.share
            if number < 0 { return weather }
        }
        return chance.pick(rare)
    }

    /// Whether it needs an answer that has some text.
    var needsText: Bool {
        switch self {
        case .brokenText, .errorText, .silentText: true
        case .fair, .slow, .refused, .unreachable, .brokenHead, .brokenEarly, .brokenLate, .short,
            .errorEarly, .page, .silentHead, .silentStream, .silentLate:
            false
        }
    }
}
