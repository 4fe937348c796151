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
    /// It is ready while one upstream is left. Where none is, requests are still answered, and
    /// asked of somebody; but a balancer that knows a better relay should choose that one.
    func readiness(_ exchange: Exchange) {
        if let problem = health.problem { return exchange.respond(problem) }
        let leftOut = models.leftOut(at: reactor.now)
        guard leftOut.count < models.count else {
            return exchange.respond(Self.noUpstream(leftOut))
        }
        var body = Array("{\"status\":\"ready\"".utf8)
        if !leftOut.isEmpty {
            body.append(literal: ",\"upstreams_left_out\":")
            JSON.array(leftOut.map { .string($0) }).write(into: &body)
        }
        body.append(literal: "}\n")
        exchange.respond(.ok, .freshJSON, body: body)
    }

    private static func noUpstream(_ names: [String]) -> Problem {
        Problem(
            .serviceUnavailable,
            type: "upstream_error",
            message: "all upstreams have failed several times in a row: "
                + names.joined(separator: ", "),
            code: "no_upstream_answers"
        )
    }
}
