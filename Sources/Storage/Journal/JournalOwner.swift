/// Keeps a journal, and knows what it has to have: called on the journal's loop.
package protocol JournalOwner: AnyObject {
    /// More of what was written is safe, or will not be for a while.
    func journalIsSafer()
    /// What was written may be lost, between frames: write all of it again, and commit.
    func journalMayBeLost()
}
