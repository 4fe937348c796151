/// Where the entries of answers go beside their readers; one for all answers of a loop.
///
/// By `allow` it says up to which entry readers of a `LiveLog` may read, and which entries the log
/// may drop. What is dropped is read back from the journal, so no other sink may allow it.
package protocol EntrySink: AnyObject {
    /// An answer begins.
    ///
    /// - Parameters:
    ///   - live: the answer's log.
    ///   - start: called once the sink has the beginning, or cannot have it: from then on the
    ///     upstream is paid, and no process may forget the answer.
    func begin(_ live: LiveLog, then start: @escaping () -> Void)
    /// The answer's head is another than at its beginning: somebody else is asked.
    func beganAnew(_ live: LiveLog)
    /// Entries were added, maybe the last one.
    func grew(_ live: LiveLog)
    /// The record of an answer that has ended was made.
    func recorded(_ live: LiveLog, _ outcome: RecordOutcome)
}
