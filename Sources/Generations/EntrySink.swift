/// Where the entries of answers go beside their readers; one for all answers of a loop.
///
/// It tells each `LiveLog` by `allow` up to which entry readers may read, and the log may drop
/// what it has. What is dropped is read back from the journal, so only that may allow it.
package protocol EntrySink: AnyObject {
    /// An answer begins.
    ///
    /// - Parameters:
    ///   - live: its log.
    ///   - start: called once the sink has the beginning, or cannot have it: what is asked from
    ///     then on is paid for, and no process may forget it.
    func begin(_ live: LiveLog, then start: @escaping () -> Void)
    /// Entries were added, maybe the last one.
    func grew(_ live: LiveLog)
    /// The record of an answer that has ended was made.
    func recorded(_ live: LiveLog, _ outcome: RecordOutcome)
}
