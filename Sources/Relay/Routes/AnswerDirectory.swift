import Generations
import HTTPServer
import Loop

/// Finds an answer that is in memory, on whatever loop it lives.
struct AnswerDirectory {
    /// Where an answer is.
    enum Place {
        case here(Generation)
        /// On another loop, to which the request has moved: there it is handled anew.
        case moved
        /// Not in memory.
        case nowhere
    }

    let store: GenerationStore
    let post: LoopPost

    func find(_ id: String, for exchange: Exchange) -> Place {
        if let generation = store[id] { return .here(generation) }
        guard let loop = post.loopIndex(of: id), loop != store.context.reactor.index,
            post.move(exchange, toLoop: loop)
        else { return .nowhere }
        return .moved
    }
}
