import Access
import ChatFormats
import Generations
import HTTPServer
import Wire

/// A chat request in two steps: POST is answered by an id, and GET reads the stream.
struct TwoStepRoutes {
    private static let cookie = "relay_stream"

    let policies: Policies
    let asking: Asking
    let directory: AnswerDirectory
    let streams: StreamRoutes

    func announce(_ exchange: Exchange, _ caller: Caller) throws(Problem) {
        let head = exchange.request.head
        let query = try ChatCall.query(head)
        if let position = StreamPosition(head, query) {
            switch directory.find(position.generation, for: exchange, caller) {
            case .here(let generation): return respond(exchange, generation.id)
            case .moved: return
            case .nowhere: throw StreamRoutes.unknownStream
            }
        }
        let call = try ChatCall(
            exchange.request,
            query,
            .stream,
            onDisconnect: policies.onDisconnect,
            caller
        )
        asking.answer(call, exchange) { answer in
            switch answer {
            case .running(let generation):
                generation.live.smoothMilliseconds = call.smooth
                respond(exchange, generation.id)
            case .recorded(let answer): respond(exchange, answer.id)
            }
        }
    }

    private func respond(_ exchange: Exchange, _ id: String) {
        exchange.note = LogFields("id", id)
        exchange.respond(
            .accepted,
            [
                "Content-Type": "application/json",
                "Cache-Control": "no-store",
                "X-Stream-Id": id,
                "Location": "/api/streaming?id=\(id)",
                "Set-Cookie":
                    "\(Self.cookie)=\(id); Path=/api/streaming; HttpOnly; SameSite=Strict",
            ],
            body: Array("{\"id\":\"\(id)\"}\n".utf8)
        )
    }

    func announced(_ exchange: Exchange, _ caller: Caller) throws(Problem) {
        let head = exchange.request.head
        let query = try ChatCall.query(head)
        let dialect = try ChatCall.dialect(query) ?? .tokens
        _ = try ChatCall.smooth(query)
        if let position = StreamPosition(head, query) {
            return streams.resume(exchange, position, dialect, caller)
        }
        let named = query["id"] ?? query["stream"]
        guard let id = named ?? Cookies.value(of: Self.cookie, in: head.fields) else {
            throw .invalid(
                "no stream: give the id that POST /api/streaming answered, as ?id= or in"
                    + " its cookie",
                code: "id"
            )
        }
        streams.readAll(exchange, StreamPosition(generation: id), dialect, caller)
    }
}
