import Loop
import Wire

/// Reads the answer to a client that comes back, up to the first token that it missed.
struct MissingToken {
    enum Failure: Error, Equatable {
        /// The first event was not the next one: an event was left out, or came twice.
        case notNext(lastEventID: String, found: String)
        case ended
    }

    /// The id of the last event that the client received.
    private let lastEventID: String?
    private var response = ResponseReader()
    private var events = EventDecoder()
    /// When the model wrote the first token that came; nil until it has come.
    private(set) var stamp: Nanoseconds?
    /// The id of the last event that came.
    private(set) var newestEventID = ""

    /// - Parameter lastEventID: of the last event that the client received; nil on its first visit.
    init(after lastEventID: String?) {
        self.lastEventID = lastEventID
    }

    /// Takes received bytes.
    ///
    /// - Parameter bytes: what follows the bytes taken so far.
    /// - Returns: whether the first token has come.
    /// - Throws: `Failure`, or why the bytes are no valid answer.
    mutating func receive(_ bytes: Span<UInt8>) throws -> Bool {
        var content: [UInt8] = []
        let isDone = try response.receive(bytes, into: &content)
        var offset = 0
        while try events.next(content.span, from: &offset) {
            newestEventID = String(decoding: events.lastEventID, as: UTF8.self)
            guard stamp == nil, let found = Stamp.find(events.data.span) else { continue }
            try check()
            stamp = found
        }
        guard !isDone || stamp != nil else { throw Failure.ended }
        return stamp != nil
    }

    private func check() throws(Failure) {
        guard let lastEventID else { return }
        guard let last = Self.sequence(of: lastEventID),
            Self.sequence(of: newestEventID) == last + 1
        else { throw .notNext(lastEventID: lastEventID, found: newestEventID) }
    }

    /// The number after the last point of an event's id.
    private static func sequence(of id: String) -> Int? {
        id.split(separator: ".").last.flatMap { parseDecimal(String($0)) }
    }
}
