import Wire

/// A request for embeddings, and its answer: vectors that depend on the text alone.
struct EmbeddingRequest {
    /// How many numbers a vector has, unless the request says it.
    private static let defaultDimensions = 16
    private static let dimensions = 1...4096

    /// The exact model string, options included: calls are counted under it.
    let model: String
    let behaviour: Behaviour
    /// The texts; at least one.
    let inputs: [String]
    private let count: Int
    private let isBase64: Bool

    /// Reads and checks a body.
    init(_ body: Span<UInt8>) throws(ModelRefusal) {
        guard let json = try? JSON.parse(body, limits: .stranger), json.members != nil else {
            throw .badRequest("We could not parse the JSON body of your request.")
        }
        guard let model = json["model"]?.stringValue, !model.isEmpty else {
            throw .badRequest("you must provide a model parameter", param: "model")
        }
        self.model = model
        do throws(BehaviourError) {
            behaviour = try Behaviour(modelName: model)
        } catch {
            throw .badRequest(error.message, param: "model")
        }
        inputs = try Self.inputs(json["input"] ?? .null)
        let count = json["dimensions"] ?? .null
        guard let count = count == .null ? Self.defaultDimensions : count.intValue,
            Self.dimensions.contains(count)
        else { throw .badRequest("dimensions: expected 1 to 4096", param: "dimensions") }
        self.count = count
        switch json["encoding_format"]?.stringValue {
        case nil, "float": isBase64 = false
        case "base64": isBase64 = true
        default:
            throw .badRequest(
                "encoding_format: expected float or base64",
                param: "encoding_format"
            )
        }
    }

    /// A text, several, or the numbers of tokens in the place of each.
    private static func inputs(_ value: JSON) throws(ModelRefusal) -> [String] {
        if let text = value.stringValue { return [text] }
        guard let values = value.arrayValue, !values.isEmpty else {
            throw .badRequest("input: expected a text or an array", param: "input")
        }
        if values.allSatisfy({ $0.intValue != nil }) { return [text(ofTokens: values)] }
        return values.map { $0.stringValue ?? text(ofTokens: $0.arrayValue ?? []) }
    }

    private static func text(ofTokens tokens: [JSON]) -> String {
        tokens.map { String($0.intValue ?? 0) }.joined(separator: " ")
    }

    // MARK: The answer

    /// The answer's body.
    var answer: [UInt8] {
        var out: [UInt8] = []
        out.append(literal: "{\"object\":\"list\",\"data\":[")
        for (index, input) in inputs.enumerated() {
            if index > 0 { out.append(literal: ",") }
            out.append(literal: "{\"object\":\"embedding\",\"index\":")
            out.append(decimal: index)
            out.append(literal: ",\"embedding\":")
            append(Self.vector(of: input, count), into: &out)
            out.append(literal: "}")
        }
        out.append(literal: "],\"model\":")
        JSONText.appendString(behaviour.model, into: &out)
        var tokens = 0
        for input in inputs { tokens += TokenSource.count(Array(input.utf8).span) }
        out.append(literal: ",\"usage\":{\"prompt_tokens\":")
        out.append(decimal: tokens)
        out.append(literal: ",\"total_tokens\":")
        out.append(decimal: tokens)
        out.append(literal: "}}\n")
        return out
    }

    private func append(_ vector: [Float], into out: inout [UInt8]) {
        guard isBase64 else {
            for (index, number) in vector.enumerated() {
                out.append(UInt8(ascii: index == 0 ? "[" : ","))
                out.append(text: number.description)
            }
            return out.append(UInt8(ascii: "]"))
        }
        var bytes: [UInt8] = []
        for number in vector { bytes.append(littleEndian: UInt64(number.bitPattern), bytes: 4) }
        out.append(UInt8(ascii: "\""))
        Self.append(base64: bytes, into: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// A vector of length 1, from a hash of the text (FNV-1a) and what follows it (a linear
    /// congruential generator with Knuth's numbers).
    private static func vector(of text: String, _ count: Int) -> [Float] {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var vector: [Double] = []
        for _ in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            vector.append(Double(Int32(truncatingIfNeeded: state >> 33)) / 0x8000_0000 - 0.5)
        }
        var square = 0.0
        for number in vector { square += number * number }
        let length = square.squareRoot()
        return vector.map { Float(length > 0 ? $0 / length : $0) }
    }

    /// Appends bytes in base64 with padding (RFC 4648 §4).
    private static func append(base64 bytes: [UInt8], into out: inout [UInt8]) {
        let letters = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        )
        var start = 0
        while start < bytes.count {
            let count = min(3, bytes.count - start)
            var bits: UInt32 = 0
            for place in 0..<3 {
                bits = bits << 8 | (place < count ? UInt32(bytes[start + place]) : 0)
            }
            for place in 0..<4 {
                let letter = letters[Int(bits >> UInt32(18 - 6 * place) & 63)]
                out.append(place <= count ? letter : UInt8(ascii: "="))
            }
            start += 3
        }
    }
}
