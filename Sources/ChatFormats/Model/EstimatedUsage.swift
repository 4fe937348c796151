package import Wire

extension EntryLog {
    /// Adds what an answer has cost that was cut before its upstream's count was written, as an
    /// estimate; nothing where nothing was said.
    ///
    /// - Parameter messages: what was asked, as records have it. The past of a conversation is not
    ///   in them.
    package mutating func appendEstimatedUsage(asking messages: JSON?) {
        guard usageRange == nil else { return }
        let answerBytes = numbers.reduce(0) { sum, n in
            switch kind(n) {
            case .text, .reasoning, .refusal, .toolCall: sum + range(n).count
            default: sum
            }
        }
        guard answerBytes > 0 else { return }
        let asked = messages.flatMap { try? MessageReader.anyMessages($0) } ?? []
        let askedBytes = ChatRequest(messages: asked).textBytes
        appendUsage(.estimate(nil, askedBytes: askedBytes, answerBytes: answerBytes))
    }
}
