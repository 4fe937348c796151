import Wire

/// Writes the members of a request body and keeps the names that it chose itself, so that a
/// client's own members repeat none.
struct BodyWriter {
    private var names: [String] = []

    init() { names.reserveCapacity(12) }

    /// Appends a member's name; its value is the caller's next word.
    mutating func begin(_ name: String, into out: inout [UInt8]) {
        appendName(name, into: &out)
        names.append(name)
    }

    private func appendName(_ name: String, into out: inout [UInt8]) {
        out.append(names.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
        JSONText.appendString(name, into: &out)
        out.append(UInt8(ascii: ":"))
    }

    mutating func string(_ name: String, _ value: String, into out: inout [UInt8]) {
        begin(name, into: &out)
        JSONText.appendString(value, into: &out)
    }

    /// Appends a member whose value is already JSON.
    mutating func raw(_ name: String, _ value: String?, into out: inout [UInt8]) {
        guard let value else { return }
        begin(name, into: &out)
        out.append(text: value)
    }

    mutating func json(_ name: String, _ value: JSON, into out: inout [UInt8]) {
        begin(name, into: &out)
        value.write(into: &out)
    }

    mutating func strings(_ name: String, _ values: [String], into out: inout [UInt8]) {
        guard !values.isEmpty else { return }
        json(name, .array(values.map { .string($0) }), into: &out)
    }

    /// Appends what the client wants passed on as it stands.
    ///
    /// A name that is there already is refused: which of two equal members counts is up to the
    /// server, and a client that slips in its own `model` spends another budget than it was given.
    /// `JSON.parse` has refused two of the client's own, so theirs, which may be many, are not
    /// kept.
    ///
    /// To be called last before `end`, behind all other members.
    func extra(
        _ members: [JSON.Member],
        into out: inout [UInt8]
    ) throws(ChatRequestError) {
        for member in members {
            guard !names.contains(member.key), !Self.reserved.contains(member.key) else {
                throw .reserved(name: "extra.\(member.key)")
            }
            appendName(member.key, into: &out)
            member.value.write(into: &out)
        }
    }

    /// Closes the body.
    func end(into out: inout [UInt8]) {
        out.append(UInt8(ascii: "}"))
    }

    /// What no `extra` may say, wherever the writer stands.
    static let reserved = ["model", "messages", "stream"]
}
