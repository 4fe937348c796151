import HTTPServer
import Wire

/// What operators and load balancers ask.
struct StatusRoutes {
    let health: Health

    /// Whether the process answers at all.
    func health(_ exchange: Exchange) {
        exchange.respond(.ok, .freshJSON, body: Array("{\"status\":\"ok\"}\n".utf8))
    }

    /// Whether the process can do all that it promises.
    func readiness(_ exchange: Exchange) {
        if let problem = health.problem { return exchange.respond(problem) }
        exchange.respond(.ok, .freshJSON, body: Array("{\"status\":\"ready\"}\n".utf8))
    }
}
