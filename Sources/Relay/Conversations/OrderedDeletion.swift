import Generations
import Loop
import Storage

/// The deletion of a conversation that is asked for on this machine, and not by a client.
struct OrderedDeletion {
    private let conversation: ConversationName
    private let stores: Stores
    private let post: LoopPost
    private let time: TimeSource

    init(_ conversation: ConversationName, _ stores: Stores, _ post: LoopPost, _ time: TimeSource) {
        self.conversation = conversation
        self.stores = stores
        self.post = post
        self.time = time
    }

    /// Deletes it.
    ///
    /// - Returns: whether there was one.
    func run() async throws(HistoryQueryError) -> Bool {
        // What runs is looked at first: an answer that ends meanwhile is in both.
        let runs = await isRunning()
        let isRecorded = try await outcome { use in
            stores.recorder.afterRecords { [stores, conversation] in
                stores.history.read { catalog in
                    use(
                        Self.result { () throws(HistoryQueryError) in
                            try catalog.conversation(conversation) != nil
                        }
                    )
                }
            }
        }
        guard runs || isRecorded else { return false }
        return try await outcome { use in
            stores.history.delete(conversation: conversation) { [time] in
                time.wallMilliseconds
            } forget: { [post, conversation] last in
                post.postToAll { $0.store.forget(conversation, upTo: last) }
            } done: { failure in
                use(failure.map { .failure(.storage($0)) } ?? .success(true))
            }
        }
    }

    private func isRunning() async -> Bool {
        for loop in post.loops {
            let runs = await loop.run { loop in
                Worker.of(loop)?.store.all.contains {
                    RunningAnswer($0.live, in: conversation.id)?.conversation == conversation
                } ?? false
            }
            if runs { return true }
        }
        return false
    }

    private typealias Outcome = Result<Bool, HistoryQueryError>

    private static func result(_ body: () throws(HistoryQueryError) -> Bool) -> Outcome {
        do throws(HistoryQueryError) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }

    private func outcome(
        _ body: (@escaping @Sendable (Outcome) -> Void) -> Void
    ) async throws(HistoryQueryError) -> Bool {
        let outcome = await withCheckedContinuation { continuation in
            body { continuation.resume(returning: $0) }
        }
        return try outcome.get()
    }
}
