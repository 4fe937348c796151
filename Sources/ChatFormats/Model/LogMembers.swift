import Wire

/// What a log knows of its entries of kind `members` without a look at each: what concerns the
/// entries that follow, and what some dialects cannot show.
package struct LogMembers: Sendable {
    /// What cannot be said as text.
    struct Unshown: OptionSet {
        let rawValue: UInt8

        static let images = Unshown(rawValue: 1)
        static let audio = Unshown(rawValue: 2)
        static let choices = Unshown(rawValue: 4)

        /// The names of what it has, as a JSON array.
        func append(into out: inout [UInt8]) {
            out.append(UInt8(ascii: "["))
            let start = out.count
            for (one, name) in Self.names where contains(one) {
                if out.count > start { out.append(UInt8(ascii: ",")) }
                out.append(literal: name)
            }
            out.append(UInt8(ascii: "]"))
        }

        private static let names: [(Unshown, StaticString)] = [
            (.images, "\"images\""), (.audio, "\"audio\""), (.choices, "\"choices\""),
        ]
    }

    /// What the answer has, apart from what is void.
    private(set) var unshown: Unshown = []
    /// The model that answers, as JSON has it; empty where it is the one that was asked.
    private(set) var model: [UInt8] = []
    /// The number of the entry that names it.
    private(set) var modelEntry = 0

    /// The model's name, where another one answers than was asked.
    var modelName: String? {
        let model = model
        return (try? JSON.parse(model.span))?.stringValue
    }

    /// Notes an entry.
    mutating func add(_ payload: Span<UInt8>, at n: Int) {
        if let chunk = Payload.value(of: "chunk", in: payload),
            let name = Payload.value(of: "model", in: payload.extracting(chunk))
        {
            let value = payload.extracting(chunk).extracting(name)
            if value[0] == UInt8(ascii: "\"") {
                model.removeAll()
                model.append(span: value)
                modelEntry = n
            }
        }
        if Payload.value(of: "choices", in: payload) != nil { unshown.insert(.choices) }
        guard let range = Payload.value(of: "delta", in: payload) else { return }
        let delta = payload.extracting(range)
        if Payload.value(of: "images", in: delta) != nil { unshown.insert(.images) }
        if Payload.value(of: "audio", in: delta) != nil { unshown.insert(.audio) }
    }
}
