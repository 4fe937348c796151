import Access
import HTTPServer
import Loop
import Wire

/// How a page trades a key or a token for a session or a ticket, since `EventSource` sends neither.
struct LoginRoutes {
    let callers: any Callers
    let reactor: Reactor
    let audit: Audit

    private var now: Int { reactor.wallMilliseconds / 1000 }

    /// Gives a ticket that can stand in the URL of a stream.
    func ticket(_ exchange: Exchange, _ caller: Caller) throws(Problem) {
        let ticket = try callers.streamTicket(for: caller, now: now)
        audit.write(AuditEvent(.ticket, by: caller.id, exchange))
        var body: [UInt8] = []
        JSON.object([
            .init(key: "ticket", value: .string(ticket.text)),
            .init(key: "expires_in", value: .number(String(ticket.seconds))),
        ]).write(into: &body)
        body.append(UInt8(ascii: "\n"))
        exchange.respond(.ok, .freshJSON, body: body)
    }

    /// Begins a session.
    func logIn(_ exchange: Exchange) throws(Problem) {
        let body = try LoginBody(exchange.request)
        callers.logIn(body.credential, on: reactor) { [self] result in
            switch result {
            case .success(let session): begin(session, exchange, isForm: body.isForm)
            case .failure(let problem): exchange.respond(problem)
            }
        }
    }

    private func begin(_ session: Session, _ exchange: Exchange, isForm: Bool) {
        audit.write(AuditEvent(.login, by: session.owner, exchange))
        var fields = SessionCookie.fields(session, isSecure: isSecure(exchange))
        fields.append("Cache-Control", "no-store")
        guard isForm else { return exchange.respond(.noContent, fields) }
        // A form has left its page, and goes on to the next one.
        fields.append("Location", "/")
        exchange.respond(.seeOther, fields)
    }

    private func isSecure(_ exchange: Exchange) -> Bool {
        exchange.isSecure || ClientScheme.isSecure(exchange.request.head)
    }

    /// Ends the session of a browser: it forgets it.
    func logOut(_ exchange: Exchange) {
        var fields = SessionCookie.noFields(isSecure: isSecure(exchange))
        fields.append("Cache-Control", "no-store")
        exchange.respond(.noContent, fields)
    }

    /// Sends the page on which one logs in; where nobody has to, the page itself.
    func page(_ exchange: Exchange, _ files: StaticFiles?) {
        guard callers.areKnown else {
            let fields: HeaderFields = ["Location": "/", "Cache-Control": "no-store"]
            return exchange.respond(.seeOther, fields)
        }
        files?.respond(to: exchange, with: "/login.html", missing: Route.unknown)
    }
}
