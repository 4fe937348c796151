import Wire

/// Puts a JSON Schema into the part of the language with which Anthropic makes an answer fit.
///
/// All objects are closed, and keywords that it does not know go into the description, as the
/// vendor's own libraries do it. What can't be said so, such as a map or a tree, is no strict
/// schema.
///
/// Source: "Structured outputs", section "JSON Schema limitations".
struct AnthropicSchema {
    private let definitions: [String: JSON]
    /// Definitions that are being read: one that leads back to itself is recursive.
    private var open: Set<String> = []
    private var done: Set<String> = []
    private var isStrict = true

    private init(_ root: JSON) {
        let members = (root["$defs"]?.members ?? []) + (root["definitions"]?.members ?? [])
        definitions = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// - Returns: nil where the schema can't be put so.
    static func strict(_ root: JSON) -> JSON? {
        var reading = AnthropicSchema(root)
        let schema = reading.read(root)
        return reading.isStrict ? schema : nil
    }

    private mutating func read(_ schema: JSON) -> JSON {
        guard let members = schema.members else {
            // `true` and `false` are schemas, too.
            isStrict = false
            return schema
        }
        if let reference = schema["$ref"]?.stringValue { follow(reference) }
        // Anything goes.
        if !members.contains(where: { Self.deciding.contains($0.key) }) { isStrict = false }
        var kept: [JSON.Member] = []
        var told: [JSON.Member] = []
        for member in members {
            if let value = value(of: member, in: schema) {
                kept.append(JSON.Member(key: value.key, value: value.value))
            } else if !Self.silent.contains(member.key) {
                told.append(member)
            }
        }
        var read = JSON.object(kept)
        if Self.isObject(schema) {
            // A map: its names are not known before.
            let isClosed = schema["additionalProperties"] == .bool(false)
            if !isClosed, schema["properties"]?.members?.isEmpty ?? true { isStrict = false }
            read = read.setting("additionalProperties", to: .bool(false))
        }
        if !told.isEmpty {
            var bytes: [UInt8] = []
            JSON.object(told).write(into: &bytes)
            let rest = String(decoding: bytes, as: UTF8.self)
            let description = schema["description"]?.stringValue.map { "\($0)\n\n" } ?? ""
            read = read.setting("description", to: .string(description + rest))
        }
        return read
    }

    /// What a member becomes; nil where it goes into the description, or nowhere.
    private mutating func value(
        of member: JSON.Member,
        in schema: JSON
    ) -> (key: String, value: JSON)? {
        switch member.key {
        case "type", "description", "title", "required", "enum", "const", "$ref", "default":
            return (member.key, member.value)
        case "properties", "$defs", "definitions":
            guard let members = member.value.members else { return nil }
            return (
                member.key,
                .object(members.map { JSON.Member(key: $0.key, value: read($0.value)) })
            )
        case "items": return (member.key, read(member.value))
        case "anyOf", "allOf", "oneOf":
            guard let elements = member.value.arrayValue else { return nil }
            let key = member.key == "oneOf" ? "anyOf" : member.key
            return (key, .array(elements.map { read($0) }))
        case "patternProperties", "prefixItems", "not", "if", "then", "else":
            isStrict = false
            return nil
        case "minItems":
            return [0, 1].contains(member.value.intValue) ? (member.key, member.value) : nil
        case "format":
            let isKnown = member.value.stringValue.map(Self.formats.contains) ?? false
            return isKnown ? (member.key, member.value) : nil
        default: return nil
        }
    }

    /// Goes to a definition, to see whether it leads back here.
    private mutating func follow(_ reference: String) {
        guard let name = Self.name(in: reference), let definition = definitions[name],
            !open.contains(name), open.count < Self.maxDepth
        else {
            isStrict = false
            return
        }
        guard !done.contains(name) else { return }
        open.insert(name)
        _ = read(definition)
        open.remove(name)
        done.insert(name)
    }

    private static func name(in reference: String) -> String? {
        for place in ["#/$defs/", "#/definitions/"] where reference.hasPrefix(place) {
            return String(reference.dropFirst(place.count))
        }
        return nil
    }

    private static func isObject(_ schema: JSON) -> Bool {
        let type = schema["type"]
        return type?.stringValue == "object" || schema["properties"] != nil
            || type?.arrayValue?.contains(.string("object")) == true
    }

    /// How many definitions may lead to one another: each is a call on the stack.
    private static let maxDepth = 32

    /// Keywords one of which a schema must have to allow less than everything.
    private static let deciding: Set<String> = [
        "type", "properties", "enum", "const", "$ref", "anyOf", "allOf", "oneOf",
    ]

    /// Keywords that say nothing to a model.
    private static let silent: Set<String> = [
        "$schema", "$id", "$comment", "additionalProperties", "description", "strict",
    ]

    private static let formats: Set<String> = [
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    ]
}
