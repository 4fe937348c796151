import Loop
import Wire

/// How often each model string was called and each prompt sent, over all connections.
///
/// From it tests learn how often the relay tried, and whether and when it hung up as it should.
package final class Calls: Sendable {
    /// What is counted for one model string.
    package struct Count: Sendable, Equatable {
        /// Requests with a valid body.
        package var calls = 0
        /// Answers whose caller left before the end.
        package var closedEarly = 0
        /// When the last of these callers left; nil if none has.
        package var lastClose: Close?

        /// Makes a count.
        package init(calls: Int = 0, closedEarly: Int = 0, lastClose: Close? = nil) {
            self.calls = calls
            self.closedEarly = closedEarly
            self.lastClose = lastClose
        }
    }

    /// When the simulator noticed that a caller had left.
    package struct Close: Sendable, Equatable {
        /// Since the call came in.
        package var afterMilliseconds: Int
        /// By the wall clock.
        ///
        /// In milliseconds since 1970.
        package var atMilliseconds: Int
    }

    /// One running call.
    struct Call {
        let model: String
        /// Its number among the calls of its model string, and among all; both from 1.
        let ofModel: Int
        let ofAll: Int
        fileprivate let start: Nanoseconds
    }

    /// How many model strings are told apart; all beyond share one count.
    private static let maxModels = 10_000
    /// How many prompts are told apart; those beyond are not counted.
    private static let maxPrompts = 20_000

    private struct State {
        var byModel: [String: Count] = [:]
        /// By the prompt's hash, so that the prompts themselves are not kept.
        var byPrompt: [Int: Int] = [:]
        /// The number of the last call of all.
        var total = 0
    }

    private let state = Guarded(State())

    /// Makes a count without calls.
    package init() {}

    /// The count for a model string.
    package subscript(model: String) -> Count {
        state.withLock { $0.byModel[model] ?? Count() }
    }

    /// How many calls had a text as their last user message, whatever the model.
    package subscript(prompt prompt: String) -> Int {
        state.withLock { $0.byPrompt[Self.hash(prompt)] ?? 0 }
    }

    /// Counts a call.
    func begin(_ model: String, prompt: String, at start: Nanoseconds) -> Call {
        let question = Self.hash(prompt)
        return state.withLock { state in
            let key = Self.key(model, in: state.byModel)
            state.total += 1
            if state.byPrompt[question] != nil || state.byPrompt.count < Self.maxPrompts {
                state.byPrompt[question, default: 0] += 1
            }
            state.byModel[key, default: Count()].calls += 1
            let ofModel = state.byModel[key]?.calls ?? 1
            return Call(model: model, ofModel: ofModel, ofAll: state.total, start: start)
        }
    }

    /// Counts a caller that left before the end.
    func closeEarly(_ call: Call, at now: Nanoseconds) {
        let close = Close(
            afterMilliseconds: Int((now - call.start) / 1_000_000),
            atMilliseconds: wallMilliseconds()
        )
        state.withLock { state in
            let key = Self.key(call.model, in: state.byModel)
            state.byModel[key, default: Count()].closedEarly += 1
            state.byModel[key]?.lastClose = close
        }
    }

    /// Appends `{"<model>":{"calls":1,"closed_early":0,"last_close":null},…}`, in the order of the
    /// names; a close is `{"after_ms":5,"at_ms":1767000000000}`.
    func appendJSON(into out: inout [UInt8]) {
        let counts = state.withLock { $0.byModel }
        var separator: StaticString = "{"
        for (model, count) in counts.sorted(by: { $0.key < $1.key }) {
            out.append(literal: separator)
            JSONText.appendString(model, into: &out)
            out.append(literal: ":{\"calls\":")
            out.append(decimal: count.calls)
            out.append(literal: ",\"closed_early\":")
            out.append(decimal: count.closedEarly)
            out.append(literal: ",\"last_close\":")
            Self.append(count.lastClose, into: &out)
            out.append(literal: "}")
            separator = ","
        }
        out.append(literal: counts.isEmpty ? "{}" : "}")
    }

    private static func append(_ close: Close?, into out: inout [UInt8]) {
        guard let close else { return out.append(literal: "null") }
        out.append(literal: "{\"after_ms\":")
        out.append(decimal: close.afterMilliseconds)
        out.append(literal: ",\"at_ms\":")
        out.append(decimal: close.atMilliseconds)
        out.append(literal: "}")
    }

    /// A hash of the bytes: `String` would normalise the prompt, which a client can make slow.
    private static func hash(_ prompt: String) -> Int {
        var hasher = Hasher()
        prompt.utf8.span.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    private static func key(_ model: String, in counts: [String: Count]) -> String {
        counts[model] != nil || counts.count < maxModels ? model : "(others)"
    }
}
