import Loop
import Wire

/// How often each model string was called, over all connections.
///
/// Tests ask it how often the relay tried, and whether it hung up when it should have.
package final class Calls: Sendable {
    /// What is counted for one model string.
    package struct Count: Sendable, Equatable {
        /// Requests with a valid body.
        package var calls = 0
        /// Answers that the caller did not wait for.
        package var closedEarly = 0
    }

    /// Different model strings that are told apart; those beyond share one count.
    private static let maxModels = 10_000

    /// The counts, and the number of the last call of all.
    private let counts = Guarded<(byModel: [String: Count], total: Int)>(([:], 0))

    /// No calls yet.
    package init() {}

    /// What was counted for a model string.
    package subscript(model: String) -> Count {
        counts.withLock { $0.byModel[model] ?? Count() }
    }

    /// Counts a call.
    ///
    /// - Returns: Its number among those of its model string, and among all; both from 1.
    func begin(_ model: String) -> (ofModel: Int, ofAll: Int) {
        counts.withLock { counts in
            let key = Self.key(model, in: counts.byModel)
            counts.total += 1
            counts.byModel[key, default: Count()].calls += 1
            return (counts.byModel[key]?.calls ?? 1, counts.total)
        }
    }

    /// Counts a caller who did not wait for the end.
    func closeEarly(_ model: String) {
        counts.withLock { counts in
            let key = Self.key(model, in: counts.byModel)
            counts.byModel[key, default: Count()].closedEarly += 1
        }
    }

    /// Appends `{"<model>":{"calls":1,"closed_early":0},…}`, in the order of the names.
    func appendJSON(into out: inout [UInt8]) {
        let counts = counts.withLock { $0.byModel }
        var separator: StaticString = "{"
        for (model, count) in counts.sorted(by: { $0.key < $1.key }) {
            out.append(literal: separator)
            JSONText.appendString(model, into: &out)
            out.append(literal: ":{\"calls\":")
            out.append(decimal: count.calls)
            out.append(literal: ",\"closed_early\":")
            out.append(decimal: count.closedEarly)
            out.append(literal: "}")
            separator = ","
        }
        out.append(literal: counts.isEmpty ? "{}" : "}")
    }

    private static func key(_ model: String, in counts: [String: Count]) -> String {
        counts[model] != nil || counts.count < maxModels ? model : "(others)"
    }
}
