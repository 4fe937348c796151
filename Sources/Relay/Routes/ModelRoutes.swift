import Generations
import HTTPServer
import Wire

/// `GET /v1/models` in OpenAI's shape: the models that are asked by default, and their upstreams.
struct ModelRoutes {
    let upstreams: [RelayConfiguration.Upstream]

    func list(_ exchange: Exchange) {
        exchange.respond(.ok, .freshJSON, body: list)
    }

    private var list: [UInt8] {
        var body: [UInt8] = []
        body.append(literal: "{\"object\":\"list\",\"data\":[")
        for (index, upstream) in upstreams.enumerated() {
            if index > 0 { body.append(literal: ",") }
            body.append(literal: "{\"id\":")
            JSONText.appendString(upstream.model, into: &body)
            body.append(literal: ",\"object\":\"model\",\"created\":0,\"owned_by\":")
            JSONText.appendString(upstream.name, into: &body)
            body.append(literal: "}")
        }
        body.append(literal: "]}\n")
        return body
    }
}
