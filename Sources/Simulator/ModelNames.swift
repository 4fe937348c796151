import Wire

/// The models that the simulator says it has; it answers as any.
enum ModelNames {
    /// Where one of them is.
    static let path = "/v1/models/"

    private static let all = ["simulator", "claude-simulator"]

    /// OpenAI's list.
    static let list: [UInt8] = {
        var body: [UInt8] = []
        body.append(literal: "{\"object\":\"list\",\"data\":[")
        for (index, name) in all.enumerated() {
            if index > 0 { body.append(literal: ",") }
            append(name, into: &body)
        }
        body.append(literal: "]}\n")
        return body
    }()

    /// A model's entry; nil where it is not in the list.
    static func one(_ name: String) -> [UInt8]? {
        guard all.contains(name) else { return nil }
        var body: [UInt8] = []
        append(name, into: &body)
        body.append(literal: "\n")
        return body
    }

    private static func append(_ name: String, into body: inout [UInt8]) {
        body.append(literal: "{\"id\":")
        JSONText.appendString(name, into: &body)
        body.append(literal: ",\"object\":\"model\",\"created\":0,\"owned_by\":\"sse-relay\"}")
    }
}
