package import ChatFormats
package import HTTPServer
package import Wire

/// An answer in one piece, as it ended or as it failed, from memory or from its record.
package struct WholeAnswer {
    private let exchange: Exchange
    private let passedFields: HeaderFields

    /// Makes one for a client.
    ///
    /// - Parameters:
    ///   - exchange: the client's.
    ///   - passedFields: fields of the upstream's answer that a whole answer has, too.
    package init(_ exchange: Exchange, _ passedFields: HeaderFields = HeaderFields()) {
        self.exchange = exchange
        self.passedFields = passedFields
    }

    /// Answers with OpenAI's object for a log that ended with a finish entry; a stopped answer is
    /// an error for a client that waited for the whole.
    package func respond(_ log: borrowing EntryLog, _ context: FrameContext) {
        guard log.ending != .stopped else {
            return refuse(.stopped, of: context.generation)
        }
        var body: [UInt8] = []
        OpenAICompletion.append(log: log, context: context, into: &body)
        respond(body, of: context.generation)
    }

    /// Answers with OpenAI's object, which was made before.
    package func respond(_ body: [UInt8], of generation: String) {
        var fields: HeaderFields = [
            "Content-Type": "application/json", "Cache-Control": "no-store",
            "X-Stream-Id": generation,
        ]
        fields.append(passedFields)
        exchange.respond(.ok, fields, body: body)
    }

    /// Answers with what went wrong with a stream.
    ///
    /// - Parameters:
    ///   - problem: what went wrong.
    ///   - generation: the stream's id.
    package func refuse(_ problem: Problem, of generation: String) {
        var problem = problem
        problem.fields.append("X-Stream-Id", generation)
        exchange.respond(problem)
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
