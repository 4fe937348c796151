import Wire

/// How an event's lines are written: their ends, and what comes before them.
struct EventFraming {
    private let lineEnd: StaticString
    private let hasComments: Bool

    init(_ behaviour: Behaviour) {
        switch behaviour.lineEnd {
        case .lf: lineEnd = "\n"
        case .cr: lineEnd = "\r"
        case .crlf: lineEnd = "\r\n"
        }
        hasComments = behaviour.hasComments
    }

    /// Begins an event, up to its data.
    func begin(_ name: StaticString? = nil, into out: inout [UInt8]) {
        if hasComments {
            // A blank line follows it, as after OpenRouter's comments.
            out.append(literal: ": SIMULATOR PROCESSING")
            endBlock(into: &out)
        }
        if let name {
            out.append(literal: "event: ")
            out.append(literal: name)
            out.append(literal: lineEnd)
        }
        out.append(literal: "data: ")
    }

    /// Ends the data line and the event.
    func endBlock(into out: inout [UInt8]) {
        out.append(literal: lineEnd)
        out.append(literal: lineEnd)
    }
}
