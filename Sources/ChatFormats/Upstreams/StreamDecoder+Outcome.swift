/// What a stream has said so far, beside its entries.
extension StreamDecoder {
    /// Why the answer ended and what that means; nil until the upstream has said so.
    ///
    /// The reason is OpenAI's word, or the vendor's own where nobody knows it; the native reason is
    /// the vendor's word where that is not one of OpenAI's.
    package var outcome: (finishReason: String?, native: String?, ending: Ending?) {
        guard isSuccess else { return (nil, nil, nil) }
        guard let finish = state.finish else {
            return state.nextToolIndex > 0
                ? ("tool_calls", nil, .toolCalls) : ("stop", nil, .complete)
        }
        return (finish.reason, finish.native, finish.ending)
    }

    /// Whether the answer is a success, which only the vendor can say: by a reason for its end, or
    /// by an end mark after some content.
    ///
    /// A stream that ends earlier is cut. After an end mark alone nothing was answered.
    package var isSuccess: Bool { state.finish != nil || (state.isDone && answerBytes > 0) }

    /// Whether the last event has come: `[DONE]` or `message_stop`.
    package var isDone: Bool { state.isDone }

    /// Whether nothing has come that is, or may be, a part of the protocol.
    package var isEmpty: Bool {
        dataEventCount == 0 && state.passedOverCount == 0 && body.framing != .json
    }

    /// How many events were passed over, because they are no part of an answer.
    package var passedOverCount: Int { state.passedOverCount }

    /// How the first of these events begins; empty where there is none.
    package var passedOver: String { String(decoding: state.passedOver, as: UTF8.self) }

    /// The tokens counted so far, where the vendor counts.
    package var usage: Usage? { state.fullUsage }

    /// The tokens counted, or else estimated.
    ///
    /// - Parameter askedBytes: how much text was asked, without pictures.
    /// - Returns: an estimate where the vendor does not count, counted nothing before the answer
    ///   came, or was cut before it had counted to the end; nil where it does not count and nothing
    ///   was answered.
    package func usage(askedBytes: Int) -> Usage? {
        let usage = usage
        // Some servers count at the start alone, where there are none.
        let isFinal = isSuccess && usage?.completionTokens != 0
        let isCut = !isFinal && answerBytes > countedBytes
        guard usage == nil || usage?.isEstimated == true || isCut else { return usage }
        let bytes = answerBytes - state.members.writtenBytes
        guard bytes > 0 else { return usage }
        let said = max(1, bytes - state.calls.framingBytes)
        return .estimate(usage, askedBytes: askedBytes, answerBytes: said)
    }

    /// The model that answers, in the upstream's own words.
    package var model: String? { state.model }
}
