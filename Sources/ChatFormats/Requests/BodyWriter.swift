import Wire

/// Writes the members of a request body and remembers their names, so that a client's own members
/// repeat none of them.
struct BodyWriter {
    private var names: [String] = []

    init() { names.reserveCapacity(12) }

    /// Appends a member's name; the caller appends its value next.
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

    /// Appends the members that the client wants passed on unchanged.
    ///
    /// A name that is already there is refused: servers differ in which of two equal members
    /// counts, and a client that slips in its own `model` would spend another budget than the one
    /// it was given. `JSON.parse` has already refused duplicates among the client's own members,
    /// which may be many, so their names are not kept.
    ///
    /// Must be called last before `end`, after all other members.
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

    /// Names that `extra` may never have, whatever was written so far.
    static let reserved = ["model", "messages", "stream"]
}
