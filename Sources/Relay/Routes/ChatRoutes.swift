import Access
import ChatFormats
import Generations
import HTTPServer
import Wire

/// Chat requests that are answered by a stream, or by one object at its end.
struct ChatRoutes {
    let policies: Policies
    let asking: Asking
    let streams: StreamRoutes

    func answer(_ exchange: Exchange, _ route: ChatRoute, _ caller: Caller) throws(Problem) {
        let query = try ChatCall.query(exchange.request.head)
        if let position = StreamPosition(exchange.request.head, query) {
            _ = try ChatCall.smooth(query)
            let dialect = try ChatCall.dialect(query) ?? route.dialect
            return streams.resume(exchange, position, dialect, caller)
        }
        let call = try ChatCall(
            exchange.request,
            query,
            route,
            onDisconnect: policies.onDisconnect,
            caller
        )
        let isGet = exchange.request.head.method == .get
        asking.answer(call, exchange) { answer in
            switch answer {
            case .running(let generation):
                generation.live.smoothMilliseconds = call.smooth
                let reader = Reader(
                    exchange,
                    of: generation.live,
                    from: 0,
                    call.dialect,
                    call.request.stream ? (isGet ? .stream : .heldStream) : .completion
                )
                reader.smoothing = call.smooth.map {
                    Smoothing(milliseconds: $0, of: generation.live)
                }
                reader.start()
            case .recorded(let answer):
                RecordedAnswers.answerAgain(call, with: answer, to: exchange)
            }
        }
    }
}
