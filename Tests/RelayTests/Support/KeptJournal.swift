import Storage

/// A journal that a test writes by hand, with an owner that does nothing.
final class KeptJournal: JournalOwner {
    let journal: Journal

    init(_ journal: Journal) { self.journal = journal }

    func journalIsSafer() {}
    func journalMayBeLost() {}
}
