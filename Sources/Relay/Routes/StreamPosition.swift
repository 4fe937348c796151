import Generations
import Wire

/// Where in which answer a client wants to go on.
///
/// A request that carries an id never starts a generation: the same prompt asked again by a
/// reconnecting browser would be paid twice.
struct StreamPosition: Equatable {
    let generation: String
    /// The number of the first entry that the client has not had.
    let next: Int
    /// Whether entries are counted as in a record, where the whole text is one.
    let isOfRecord: Bool
    /// What comes before an entry's number in that case.
    static let recordMark = "r"

    init(generation: String, next: Int = 0, isOfRecord: Bool = false) {
        self.generation = generation
        self.next = next
        self.isOfRecord = isOfRecord
    }

    /// Reads `Last-Event-ID`, `last_event_id` or `lastEventId`, in this order; an empty one counts
    /// as absent.
    ///
    /// - Returns: nil where there is none. An id that is not ours names a generation that nobody
    ///   has, since it must not start one either.
    init?(_ head: RequestHead, _ query: QueryItems) {
        let texts = [
            head.fields.first("Last-Event-ID"), query["last_event_id"], query["lastEventId"],
        ]
        guard let text = texts.lazy.compactMap({ $0 }).first(where: { !$0.isEmpty }) else {
            return nil
        }
        if let entry = EntryID(text) {
            self.init(generation: entry.generation, next: entry.sequence + 1)
        } else if let entry = Self.recordEntry(text) {
            self.init(generation: entry.generation, next: entry.sequence + 1, isOfRecord: true)
        } else {
            self.init(generation: text)
        }
    }

    /// Whether a request wants to go on, and so begins nothing; a request whose query cannot be
    /// read does not.
    static func isIn(_ head: RequestHead) -> Bool {
        QueryItems(head.query ?? "").flatMap { Self(head, $0) } != nil
    }

    /// Whether `Last-Event-ID` says where to go on, which no URL shows.
    static func isInFields(of head: RequestHead) -> Bool {
        head.fields.first("Last-Event-ID").map { !$0.isEmpty } ?? false
    }

    private static func recordEntry(_ text: String) -> EntryID? {
        let mark = ".\(recordMark)"
        guard let dot = text.firstIndex(of: "."), text[dot...].hasPrefix(mark) else { return nil }
        return EntryID("\(text[..<dot]).\(text[dot...].dropFirst(mark.count))")
    }
}
