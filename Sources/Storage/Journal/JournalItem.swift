/// One thing that a journal has of a generation.
///
/// Within one journal a generation goes by a number, which is shorter than its id.
package enum JournalItem: Equatable {
    /// A generation begins; the bytes are what a record of it needs besides its entries.
    case begin(number: UInt64, head: Range<Int>)
    /// An entry of a generation: its place in the log, its kind and where its payload lies.
    case entry(number: UInt64, sequence: Int, kind: UInt8, payload: Range<Int>)
    /// A generation's record is in the history: nothing of it is needed any more.
    case retire(number: UInt64)
}

/// Tags that begin items on disk; never used for anything else once they were.
enum JournalTag {
    static let begin: UInt8 = 1
    static let entry: UInt8 = 2
    static let retire: UInt8 = 3
}
