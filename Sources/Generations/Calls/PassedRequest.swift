package import Wire

/// A request that goes to an upstream as it came, but for the model's name where it is an alias.
package struct PassedRequest {
    /// What follows the upstream's base URL.
    package let path: String
    /// The model that the body names; nil where it names none.
    package let model: String?
    /// Whether the answer comes once all of it is made, which takes as long as all of it.
    let comesWhole: Bool
    private var bytes: [UInt8]
    /// Where the model's name is in the body, with its quotes.
    private let place: Range<Int>

    /// Reads what a body says about where it goes.
    ///
    /// - Parameters:
    ///   - path: what follows the upstream's base URL.
    ///   - body: what was sent.
    ///   - mayTakeLong: whether the upstream writes a text that it can send in pieces.
    /// - Throws: where it is no JSON object.
    package init(_ path: String, body: [UInt8], mayTakeLong: Bool) throws(JSONError) {
        self.path = path
        bytes = body
        var model: [UInt8]?
        var place = 0..<0
        var streams = false
        let span = body.span
        var reader = JSONReader()
        try reader.enterObject(span)
        // Of two members of one name the last one counts, as in most servers.
        while let key = try reader.nextKey(span) {
            let kind = try reader.peek(span)
            let start = reader.position
            if matches(span, key, "model"), kind == .string {
                var name: [UInt8] = []
                try reader.readString(span, into: &name)
                // It is compared with names of the configuration, which takes long for such texts.
                guard !CombiningMarks.hasLongRun(name.span) else {
                    throw .tooManyMarks(limit: CombiningMarks.maxRun, offset: start)
                }
                model = name
                place = start..<reader.position
            } else {
                if matches(span, key, "stream") { streams = kind == .true }
                try reader.skip(span)
            }
        }
        try reader.finish(span)
        self.model = model.map { String(decoding: $0, as: UTF8.self) }
        self.place = place
        comesWhole = mayTakeLong && !streams
    }

    /// Gives back the memory of the body, which nobody is sent any more.
    mutating func forgetBody() { bytes = [] }

    /// What is sent to an upstream that calls the model so.
    func body(for name: String) -> [UInt8] {
        guard let model, !equals(model, name) else { return bytes }
        var body = Array(bytes[..<place.lowerBound])
        JSONText.appendString(name, into: &body)
        body += bytes[place.upperBound...]
        return body
    }
}
