import Generations
import HTTPServer
import Loop
import Storage
import Wire

/// What is asked of the history; it runs on the history's queue.
typealias HistoryQuestion =
    @Sendable (inout HistoryCatalog) throws(HistoryQueryError) -> HistoryAnswer

/// Puts the questions of one loop to the history.
///
/// The history reads its files on a queue of its own; no loop waits for a disk.
struct HistoryDesk {
    private let stores: Stores
    /// The clock of what the history does on its queue.
    private let time: TimeSource
    private let log: Log
    private let reactor: Reactor

    init(_ stores: Stores, _ time: TimeSource, _ log: Log, on reactor: Reactor) {
        self.stores = stores
        self.time = time
        self.log = log
        self.reactor = reactor
    }

    /// Makes a right to answer what waits on this loop, from any thread.
    func ticket<Answer: Sendable>(_ use: @escaping (Answer) -> Void) -> Ticket<Answer> {
        Ticket(on: reactor, use)
    }

    /// Asks a question.
    ///
    /// - Parameters:
    ///   - question: runs on the history's queue.
    ///   - use: takes the answer, on this loop; the client may be gone then.
    func ask(
        _ question: @escaping HistoryQuestion,
        then use: @escaping (HistoryAnswer) -> Void
    ) {
        line.ask(question, for: ticket(use))
    }

    /// Asks the same from any thread.
    var line: HistoryLine { HistoryLine(stores: stores, log: log) }

    /// Deletes a conversation.
    ///
    /// - Parameters:
    ///   - conversation: the one that is meant.
    ///   - forget: called once the conversation is deleted, with the number of the last answer that
    ///     is deleted with it; on the history's queue.
    ///   - use: takes the reason why it was not deleted, or nil; on this loop.
    func delete(
        _ conversation: ConversationName,
        forget: @escaping @Sendable (Int) -> Void,
        then use: @escaping (StorageError?) -> Void
    ) {
        let ticket = ticket(use)
        let log = log
        stores.history.delete(
            conversation: conversation,
            at: { [time] in time.wallMilliseconds },
            forget: forget
        ) { failure in
            if let failure {
                log.write(.error, "a conversation cannot be deleted: \(failure)")
            }
            ticket.answer(failure)
        }
    }
}

/// The way to the history from any thread.
struct HistoryLine: Sendable {
    fileprivate let stores: Stores
    fileprivate let log: Log

    /// Asks a question, once the history has the records of all answers that have ended.
    func ask(_ question: @escaping HistoryQuestion, for ticket: Ticket<HistoryAnswer>) {
        let log = log
        let history = stores.history
        stores.recorder.afterRecords {
            history.read { catalog in
                var answer = HistoryAnswer()
                do throws(HistoryQueryError) {
                    answer = try question(&catalog)
                } catch {
                    if case .storage(let error) = error {
                        log.write(.error, "the history cannot be read: \(error)")
                    }
                    answer.problem = Problem(error)
                }
                ticket.answer(answer)
            }
        }
    }
}
