import Generations
import HTTPServer
import Loop
import Wire

/// What operators and load balancers ask.
struct StatusRoutes {
    let health: Health
    let models: ModelTable
    let reactor: Reactor

    /// Whether the process answers at all.
    func health(_ exchange: Exchange) {
        exchange.respond(.ok, .freshJSON, body: Array("{\"status\":\"ok\"}\n".utf8))
    }

    /// Whether the process can do all that it promises, and which upstreams have failed so often
    /// that they are left out for a while.
    ///
    /// It is ready however many are. Whoever takes it out of rotation cuts its readers off, and the
    /// history with them; and every other relay asks the same upstreams.
    func readiness(_ exchange: Exchange) {
        if let problem = health.problem { return exchange.respond(problem) }
        let leftOut = models.leftOut(at: reactor.now)
        var body: [UInt8] = []
        body.append(literal: "{\"status\":")
        body.append(
            literal: leftOut.count < models.count ? "\"ready\"" : "\"no_upstream_answers\""
        )
        if !leftOut.isEmpty {
            body.append(literal: ",\"upstreams_left_out\":")
            JSON.array(leftOut.map { .string($0) }).write(into: &body)
        }
        body.append(literal: "}\n")
        exchange.respond(.ok, .freshJSON, body: body)
    }
}
