import Access
import ChatFormats
import HTTPServer
import Wire

/// A refusal that a browser's `EventSource` can act on.
///
/// At a status of an error it gives up for good, and tells its page neither status nor words. So a
/// refusal that ends by itself is an event: the page reads why, and the browser asks again when it
/// may (WHATWG HTML §9.2.5, `retry`), with no client code.
enum EventSourceRefusal {
    /// The longest wait that is told, in seconds: a page that is open until midnight may ask then.
    private static let maxSeconds = 86_400

    /// Refuses a request: as an event where an `EventSource` waits for events, or else by a status.
    ///
    /// - Returns: whether it is an event, which no status shows to the log.
    static func respond(
        _ exchange: Exchange,
        _ problem: Problem,
        _ dialect: Dialect,
        _ caller: Caller
    ) -> Bool {
        guard dialect == .events, isOfEventSource(exchange.request.head),
            [Status.tooManyRequests.code, Status.serviceUnavailable.code]
                .contains(problem.status.code),
            let seconds = problem.fields.first("Retry-After").flatMap({ parseDecimal($0) })
        else {
            exchange.respond(problem)
            return false
        }
        var problem = problem
        // The URL that the browser comes back to has the old one.
        if caller.proof.kind == .ticket { problem.message += ", with another ticket" }
        exchange.note.add("refused", problem.status.code)
        exchange.note.add("reason", problem.message)
        exchange.beginStream(.ok, problem.fields, block: dialect.media.head)
        exchange.write { out in
            EventWriter.appendRetry(1000 * min(seconds, maxSeconds), into: &out)
            out.append(literal: "event: error\ndata: ")
            data(problem).write(into: &out)
            out.append(literal: "\n\n")
        }
        exchange.finish()
        return true
    }

    /// Whether a browser's `EventSource` has sent a request.
    ///
    /// It sets `Accept`, and no cache may answer it (WHATWG HTML §9.2.2). Readers that use `fetch`
    /// see the status.
    static func isOfEventSource(_ head: RequestHead) -> Bool {
        head.method == .get && head.fields.all("Accept") == ["text/event-stream"]
            && head.fields.all("Cache-Control") == ["no-cache"]
    }

    private static func data(_ problem: Problem) -> JSON {
        var error: [JSON.Member] = [
            .init(key: "type", value: .string(problem.type)),
            .init(key: "message", value: .string(problem.message)),
        ]
        if let code = problem.code { error.append(.init(key: "code", value: .string(code))) }
        return .object([
            .init(key: "error", value: .object(error)),
            .init(key: "status", value: .string("refused")),
        ])
    }
}
