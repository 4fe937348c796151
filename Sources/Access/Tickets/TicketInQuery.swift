import HTTPServer
import Wire

/// What a ticket in a request's query may be used for.
package enum TicketUse: Sendable, Equatable {
    /// The route takes none.
    case nothing
    /// To open a stream, for which it must not have expired.
    case opening
    /// To go on reading the answer that the request's `Last-Event-ID` names.
    ///
    /// A browser's `EventSource` comes back to the URL that it was made with, also after the
    /// ticket in it has expired. No URL shows that field, so one that stands in a log begins
    /// nothing.
    case readingOn
}

/// The ticket in a request's query.
enum TicketInQuery {
    /// The name of its item.
    static let name: StaticString = "ticket"

    /// Finds it; the text is not checked yet.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - use: what it may be used for.
    /// - Returns: nil where there is none.
    /// - Throws: 400 where there are several, or where the route takes none.
    static func text(of head: RequestHead, for use: TicketUse) throws(Problem) -> String? {
        // Most requests have no query, and most queries no such word.
        guard let query = head.query, mentions(query.utf8.span), let items = QueryItems(query)
        else { return nil }
        let texts = items.all("\(name)")
        guard let text = texts.first else { return nil }
        guard texts.count == 1 else {
            throw .invalid("ticket: expected one, found \(texts.count)", code: "ticket")
        }
        guard use != .nothing else {
            throw .invalid(
                "ticket: this request takes none; tickets open and read streams, by GET on"
                    + " /chat/stream, /chat/streams/{id} and /api/streaming",
                code: "ticket"
            )
        }
        return text
    }

    private static func mentions(_ query: Span<UInt8>) -> Bool {
        let count = name.utf8CodeUnitCount
        guard query.count > count else { return false }
        for start in 0..<(query.count - count) where query[start] == UInt8(ascii: "t") {
            if equals(query.extracting(start..<(start + count)), name) { return true }
        }
        return false
    }
}
