import Wire

/// A value that a JSON schema allows: with it the simulator calls a tool, or answers where the
/// request asks for JSON of a certain shape.
///
/// It knows what the vendors' structured outputs know. What it does not know, such as `pattern`, it
/// does not heed.
struct SchemaSample {
    /// How deep the value may be: a schema may refer to itself.
    private static let maxDepth = 12
    /// How many values it may have: a schema that refers to itself twice would double with each
    /// level.
    private static let maxValues = 1000

    private let root: JSON
    private var values = 0

    private init(_ root: JSON) { self.root = root }

    /// The value for a schema; an empty object where there is none.
    static func value(for schema: JSON) -> JSON {
        var sample = SchemaSample(schema)
        return sample.value(schema, depth: 0)
    }

    private mutating func value(_ schema: JSON, depth: Int) -> JSON {
        values += 1
        guard depth < Self.maxDepth, values < Self.maxValues else { return .null }
        if let reference = schema["$ref"]?.stringValue {
            return value(resolved(reference), depth: depth + 1)
        }
        if let constant = schema["const"] { return constant }
        if let first = schema["enum"]?.arrayValue?.first { return first }
        for name in ["anyOf", "oneOf"] {
            let choices = schema[name]?.arrayValue ?? []
            guard let first = choices.first else { continue }
            let choice = choices.first { $0["type"]?.stringValue != "null" } ?? first
            return value(choice, depth: depth + 1)
        }
        if let parts = schema["allOf"]?.arrayValue {
            let members = parts.flatMap { value($0, depth: depth + 1).members ?? [] }
            return .object(members)
        }
        return value(of: type(of: schema), schema, depth: depth)
    }

    private func type(of schema: JSON) -> String {
        if let type = schema["type"]?.stringValue { return type }
        let types = (schema["type"]?.arrayValue ?? []).compactMap(\.stringValue)
        if let type = types.first(where: { $0 != "null" }) ?? types.first { return type }
        return schema["items"] == nil ? "object" : "array"
    }

    private mutating func value(of type: String, _ schema: JSON, depth: Int) -> JSON {
        switch type {
        case "string": .string(Self.text(schema))
        case "integer", "number": .number("\(Self.number(schema))")
        case "boolean": .bool(true)
        case "null": .null
        case "array": array(schema, depth: depth)
        default: object(schema, depth: depth)
        }
    }

    /// The members that are required; all of them where the schema does not say.
    private mutating func object(_ schema: JSON, depth: Int) -> JSON {
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue)
        var members: [JSON.Member] = []
        for member in schema["properties"]?.members ?? [] {
            guard required?.contains(where: { equals($0, member.key) }) ?? true else { continue }
            let value = value(member.value, depth: depth + 1)
            members.append(JSON.Member(key: member.key, value: value))
        }
        return .object(members)
    }

    private mutating func array(_ schema: JSON, depth: Int) -> JSON {
        if let items = schema["prefixItems"]?.arrayValue {
            return .array(items.map { value($0, depth: depth + 1) })
        }
        guard let item = schema["items"], item.members != nil else { return .array([]) }
        let least = schema["minItems"]?.intValue ?? 0
        let most = schema["maxItems"]?.intValue ?? 1
        let count = max(least, min(1, most))
        var elements: [JSON] = []
        while elements.count < count, values < Self.maxValues {
            elements.append(value(item, depth: depth + 1))
        }
        return .array(elements)
    }

    private static func text(_ schema: JSON) -> String {
        var text: String
        switch schema["format"]?.stringValue {
        case "date-time": return "2026-01-31T12:00:00Z"
        case "date": return "2026-01-31"
        case "time": return "12:00:00Z"
        case "email": return "someone@example.com"
        case "uuid": return "123e4567-e89b-42d3-a456-426614174000"
        case "uri", "url": return "https://example.com/"
        case "ipv4": return "192.0.2.1"
        default: text = "Köln"
        }
        let least = min(schema["minLength"]?.intValue ?? 0, maxValues)
        while text.unicodeScalars.count < least { text += "x" }
        let most = schema["maxLength"]?.intValue ?? Int.max
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, most))))
    }

    private static func number(_ schema: JSON) -> Int {
        var number = 1
        if let least = schema["minimum"]?.intValue { number = max(number, least) }
        if let below = schema["exclusiveMinimum"]?.intValue, below < Int.max {
            number = max(number, below + 1)
        }
        if let most = schema["maximum"]?.intValue { number = min(number, most) }
        if let above = schema["exclusiveMaximum"]?.intValue, above > Int.min {
            number = min(number, above - 1)
        }
        guard let step = schema["multipleOf"]?.intValue, step > 0 else { return number }
        let rest = number % step
        let (next, overflows) = number.addingReportingOverflow(rest == 0 ? 0 : step - rest)
        return overflows ? number : next
    }

    /// The schema at a reference within this document, such as `#/$defs/City`.
    private func resolved(_ reference: String) -> JSON {
        guard reference.hasPrefix("#") else { return .object([]) }
        var schema = root
        for name in reference.dropFirst().split(separator: "/") {
            guard let next = schema[String(name)] else { return .object([]) }
            schema = next
        }
        return schema
    }
}
