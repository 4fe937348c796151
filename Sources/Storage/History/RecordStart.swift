/// What tells a record that begins from those that deletions of before reach.
package struct RecordStart: Sendable, Equatable {
    /// Its number among all that were begun in this process, from 1.
    package let number: Int
    /// The earliest deletion that reaches it, in milliseconds since 1970; nil where that is one of
    /// when it was begun.
    ///
    /// A clock may have been ahead at a deletion: then what is begun after it has an earlier time.
    package let deletableFrom: Int?
}
