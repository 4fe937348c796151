/// The bounds of a journal.
package struct JournalLimits: Sendable {
    /// How large a segment grows before another follows it.
    package var segmentBytes = 16 << 20
    /// How long readers wait for a disk that neither makes frames safe nor fails.
    package var patienceMilliseconds = 10_000

    /// The bounds that hold unless they are changed.
    package init() {}
}
