import Access
import Generations
import HTTPServer
import Loop

/// Finds an answer that is in memory, on whichever loop.
struct AnswerDirectory {
    /// Where an answer is.
    enum Location {
        case here(Generation)
        /// On another loop, to which the request has moved if it still has a client, and which
        /// handles it anew.
        case moved
        /// Not in memory, or not for this caller to know of.
        case nowhere
    }

    let store: GenerationStore
    let post: LoopPost

    func find(_ id: String, for exchange: Exchange, _ caller: Caller) -> Location {
        if let generation = store[id] {
            let isSeen = caller.maySee(answersOf: generation.live.head.owner)
            return isSeen ? .here(generation) : .nowhere
        }
        guard let loop = post.loopIndex(of: id), loop != store.context.reactor.index else {
            return .nowhere
        }
        // One that cannot move has lost its client, and nobody is answered. It must not count as
        // nowhere: the key of an answer that runs on the other loop would be freed.
        _ = post.move(exchange, toLoop: loop)
        return .moved
    }
}
