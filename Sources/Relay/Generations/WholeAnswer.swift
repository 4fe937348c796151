import ChatFormats
import HTTPServer
import Wire

/// An answer in one piece, as it ended or as it failed, from memory or from its record.
extension Exchange {
    /// Answers with OpenAI's object for a log that ended with a finish entry.
    func complete(_ log: borrowing EntryLog, _ context: FrameContext) {
        var body: [UInt8] = []
        OpenAICompletion.append(log: log, context: context, into: &body)
        respond(
            .ok,
            ["Content-Type": "application/json", "X-Stream-Id": context.generation],
            body: body
        )
    }

    /// Answers with what went wrong with a stream.
    ///
    /// - Parameters:
    ///   - problem: What went wrong.
    ///   - generation: The stream's id.
    ///   - isVendorShape: Whether it is said as OpenAI says it.
    func refuse(_ problem: Problem, of generation: String, isVendorShape: Bool) {
        var problem = problem
        problem.fields.append("X-Stream-Id", generation)
        problem.isVendorShape = isVendorShape
        respond(problem)
    }
}
