import HTTPServer
import Loop
import Wire

/// Requests that may have been made before: what is asked twice is answered once.
extension Worker {
    /// The answer to a request: the one that its key stands for, or a new one on this loop.
    ///
    /// - Parameters:
    ///   - ask: what is asked.
    ///   - exchange: the client's.
    ///   - isVendorShape: how what is wrong with it is said.
    ///   - tell: answers where only the history has the answer, by its id.
    /// - Returns: nil where it lives on another loop, to which the request has moved, or in the
    ///   history.
    /// - Throws: what is wrong with the request.
    func generation(
        for ask: ChatCall,
        _ exchange: Exchange,
        isVendorShape: Bool,
        orRecorded tell: (String) -> Void
    ) throws(Problem) -> Generation? {
        guard let key = ask.key else {
            return try begin(ask, id: makeID(), isVendorShape: isVendorShape)
        }
        while true {
            let id = makeID()
            switch service.keys.claim(key, for: id, at: reactor.now) {
            case .claimed:
                do throws(Problem) {
                    return try begin(ask, id: id, isVendorShape: isVendorShape)
                } catch {
                    service.keys.free(key, of: id)
                    throw error
                }
            case .taken(let id):
                if let generation = generations[id] { return generation }
                if let loop = service.loopIndex(of: id), loop != reactor.index,
                    service.move(exchange, toLoop: loop)
                {
                    return nil
                }
                // An answer that is gone has freed its key: this is the loop that would have it, or
                // there is none. The next round claims the key.
                service.keys.free(key, of: id)
            case .recorded(let id):
                tell(id)
                return nil
            case .otherRequest: throw Self.otherRequest
            case .otherRecorded(let id):
                ifRecorded(id, under: key, for: exchange) { _ in
                    var problem = Self.otherRequest
                    problem.isVendorShape = isVendorShape
                    exchange.respond(problem)
                }
                return nil
            case .full: throw Self.tooManyKeys
            }
        }
    }

    private static let otherRequest = Problem(
        .conflict,
        type: "idempotency_error",
        message: "this key was used for another request; a new question takes a new key",
        code: "idempotency_key_in_use",
        // OpenAI's libraries would send the same again.
        fields: ["x-should-retry": "false"]
    )

    private static let tooManyKeys = Problem(
        .serviceUnavailable,
        type: "overloaded_error",
        message: "too many answers with keys are kept; ask again later, or without a key",
        code: "too_many_keys",
        fields: ["Retry-After": "10"]
    )
}
