package import ChatFormats
package import HTTPServer
import Wire

/// An answer in one piece, as it ended or as it failed, from memory or from its record.
extension Exchange {
    /// Answers with OpenAI's object for a log that ended with a finish entry; one that was stopped
    /// is no answer to who waited for the whole.
    package func respond(
        withWhole log: borrowing EntryLog,
        _ context: FrameContext,
        isVendorShape: Bool
    ) {
        guard log.ending != .stopped else {
            return refuse(.stopped, of: context.generation, isVendorShape: isVendorShape)
        }
        var body: [UInt8] = []
        OpenAICompletion.append(log: log, context: context, into: &body)
        respond(withWhole: body, of: context.generation)
    }

    /// Answers with OpenAI's object, as it was made before.
    package func respond(withWhole body: [UInt8], of generation: String) {
        respond(
            .ok,
            [
                "Content-Type": "application/json", "Cache-Control": "no-store",
                "X-Stream-Id": generation,
            ],
            body: body
        )
    }

    /// Answers with what went wrong with a stream.
    ///
    /// - Parameters:
    ///   - problem: What went wrong.
    ///   - generation: The stream's id.
    ///   - isVendorShape: Whether it is said as OpenAI says it.
    package func refuse(_ problem: Problem, of generation: String, isVendorShape: Bool) {
        var problem = problem
        problem.fields.append("X-Stream-Id", generation)
        problem.isVendorShape = isVendorShape
        respond(problem)
    }
}

extension Problem {
    /// Somebody stopped the answer.
    fileprivate static let stopped = Problem(
        .conflict,
        type: "stopped",
        message: Ending.stoppedMessage.description,
        code: "stopped",
        // OpenAI's libraries ask again after a 409, and that would be paid again.
        fields: ["x-should-retry": "false"]
    )
}
