import Testing

extension EventDecoderTests {
    /// A stream and the events in it.
    struct Sample: Sendable, CustomTestStringConvertible {
        var stream: String
        var events: [ReadEvent]

        init(_ stream: String, _ events: ReadEvent...) {
            self.stream = stream
            self.events = events
        }

        var testDescription: String { stream.debugDescription }
    }

    private static func event(_ data: String, _ name: String = "", id: String = "") -> ReadEvent {
        ReadEvent(data: Array(data.utf8), name: Array(name.utf8), id: Array(id.utf8))
    }

    /// Streams in the manner of the web platform tests for `EventSource`.
    static let samples: [Sample] = [
        // Line ends, mixed ones too.
        Sample("data: a\n\ndata: b\n\n", event("a"), event("b")),
        Sample("data: a\r\rdata: b\r\r", event("a"), event("b")),
        Sample("data: a\r\n\r\ndata: b\r\n\r\n", event("a"), event("b")),
        Sample("data: a\n\rdata: b\r\n\n", event("a"), event("b")),
        Sample("data:a\r\ndata:b\ndata:c\r\n\rdata:d\n\r", event("a\nb\nc"), event("d")),
        Sample("\n\r\r\n\n\ndata: a\n\n\n\r\n\rdata: b\n\n", event("a"), event("b")),
        Sample("data: a\u{B}\u{C}\u{85}\u{2028}b\n\n", event("a\u{B}\u{C}\u{85}\u{2028}b")),
        // Fields and their values.
        Sample("data:a\n\n", event("a")),
        Sample("data:  a \n\n", event(" a ")),
        Sample("data:\ta\n\n", event("\ta")),
        Sample("data::a:b\n\n", event(":a:b")),
        Sample("data: : a\n\n", event(": a")),
        Sample("data\n\n", event("")),
        Sample("data:\n\n", event("")),
        Sample("data: \n\n", event("")),
        Sample("data\ndata\n\n", event("\n")),
        Sample("data:a\ndata\ndata:b\ndata: \n\n", event("a\n\nb\n")),
        Sample("data:a\n data:b\ndatab\nDATA:c\ndata :d\ndat:e\ndata\u{0}:f\n\n", event("a")),
        Sample("data: \u{0}\n\n", event("\u{0}")),
        Sample("unknown: x\nunknown\nsomethinglong data:\ndata: a\n\n", event("a")),
        Sample("{\"error\":\"no event stream\"}\n\n"),
        Sample("data: {\"a\":\"é€😀\"}\n\n", event("{\"a\":\"é€😀\"}")),
        // Comments.
        Sample(":\n\n"), Sample(": a\n: b\n"),
        Sample(":data: a\n\ndata: b\n:c\ndata: d\n\n", event("b\nd")),
        // Types.
        Sample("event: x\ndata: a\n\ndata: b\n\n", event("a", "x"), event("b")),
        Sample("event: x\n\ndata: a\n\n", event("a")),
        Sample("event: x\ndata: a\nevent: y\n\n", event("a", "y")),
        Sample("event: x\nevent\ndata: a\n\n", event("a")),
        Sample("event:  x\ndata: a\n\n", event("a", " x")),
        Sample("event\u{0}: x\nevent: y\u{0}\ndata:a\n\n", event("a", "y\u{0}")),
        Sample("events: x\nevent :y\ndata:a\n\n", event("a")),
        // Identifiers.
        Sample("id: 1\ndata: a\n\ndata: b\n\n", event("a", id: "1"), event("b", id: "1")),
        Sample("id: 1\n\ndata: b\n\n", event("b", id: "1")),
        Sample("id: 1\ndata:a\n\nid\ndata: b\n\n", event("a", id: "1"), event("b")),
        Sample("id: 1\ndata:a\n\nid:\n\ndata: b\n\n", event("a", id: "1"), event("b")),
        Sample("id: 1\nid: 2\u{0}3\ndata: a\n\n", event("a", id: "1")),
        Sample("id: 1\nid: 2\ndata: a\n\n", event("a", id: "2")),
        Sample(
            "data: a\nid: 1\n\nid: 2\n\nid: 3\u{0}\n\ndata: b\n\n",
            event("a", id: "1"),
            event("b", id: "2")
        ),
        Sample("id: …\ndata: a\n\n", event("a", id: "…")),
        // The byte order mark: one at the very beginning.
        Sample("\u{FEFF}data: a\n\n", event("a")),
        Sample("\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", event("b")),
        Sample("data: a\n\n\u{FEFF}data: b\n\ndata: \u{FEFF}c\n\n", event("a"), event("\u{FEFF}c")),
        Sample("\u{FEFF}\n\ndata: a\n\n", event("a")),
        Sample("\u{FEFF}"),
        // The end of the stream.
        Sample(""), Sample("data: a"), Sample("data: a\n"), Sample("data: a\r"),
        Sample("data: a\r\n"),
        Sample("data: a\n\ndata: b\ndata: c", event("a")),
        Sample("data: a\n\ndata: [DONE]\n\n", event("a"), event("[DONE]")),
        Sample("retry: 2000\ndata: a\n\nretry: x\nretry: 10\n\n", event("a")),
    ]
}
