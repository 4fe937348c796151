package import Storage

/// Where answers, their keys and their records outlive memory, the same for all loops.
package final class Stores: Sendable {
    package let history: HistoryFile
    /// Where keys outlive the process; nil where they do not.
    package let keyFile: KeyFile?
    /// The folder of the journals, or nil where none is kept.
    package let journal: JournalFolder?
    /// When what is written is made safe against a loss of power.
    package let durability: Durability
    /// The answers that clients may ask for by keys of their own.
    package let keys: KeyTable
    package let recorder: Recorder

    /// Puts them together.
    package init(
        history: HistoryFile,
        keyFile: KeyFile?,
        journal: JournalFolder?,
        durability: Durability,
        keys: KeyTable,
        recorder: Recorder
    ) {
        self.history = history
        self.keyFile = keyFile
        self.journal = journal
        self.durability = durability
        self.keys = keys
        self.recorder = recorder
    }
}
