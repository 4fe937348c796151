import Wire

/// What is wrong with the options in a model name; each case names the option.
package enum BehaviourError: Error, Sendable, Equatable {
    /// Not `key=value&key=value` with percent-encoded text.
    case malformed
    /// The option does not exist.
    case unknownKey(String)
    /// The option is given twice.
    case repeatedKey(String)
    /// The option exists, but cannot have this value.
    case badValue(key: String, found: String, expected: String)
    /// Two options that exclude each other.
    case conflict(String, String)

    /// One sentence for the caller.
    package var message: String {
        switch self {
        case .malformed:
            "the options after \"?\" in the model name are not key=value&key=value"
        case .unknownKey(let key):
            "the simulator has no option \"\(key)\""
        case .repeatedKey(let key):
            "the option \"\(key)\" is given twice"
        case .badValue(let key, let found, let expected):
            "the option \"\(key)\" is \"\(found)\"; expected \(expected)"
        case .conflict(let one, let other):
            "the options \"\(one)\" and \"\(other)\" exclude each other"
        }
    }
}

extension Behaviour {
    private static let maxTokens = 1_000_000_000
    private static let maxMilliseconds = 3_600_000
    private static let maxBytes = 1_000_000_000
    private static let maxCalls = 100
    /// Options that exclude each other.
    private static let conflicts = [
        ("finish", "finish_word"), ("done_only", "no_done"),
        ("cr", "crlf"), ("say", "echo"), ("say", "stamp"), ("echo", "stamp"),
        ("interval_ms", "interval_us"), ("send_each", "chunk_bytes"), ("send_each", "split_utf8"),
    ]

    /// Reads `name?key=value&key=value`.
    package init(modelName: String) throws(BehaviourError) {
        guard let mark = modelName.firstIndex(of: "?") else {
            self.init(model: modelName)
            return
        }
        self.init(model: mark == modelName.startIndex ? "simulator" : String(modelName[..<mark]))
        guard let options = QueryItems(String(modelName[modelName.index(after: mark)...])) else {
            throw .malformed
        }
        var seen: Set<String> = []
        for option in options.items {
            guard seen.insert(option.name).inserted else { throw .repeatedKey(option.name) }
            try set(option.name, option.value)
        }
        for (one, other) in Self.conflicts where seen.isSuperset(of: [one, other]) {
            throw .conflict(one, other)
        }
    }

    private mutating func set(_ key: String, _ value: String) throws(BehaviourError) {
        switch key {
        case "tokens": tokens = try count(key, value)
        case "say": say = value
        case "echo": echoes = try flag(key, value)
        case "stamp": hasStamps = try flag(key, value)
        case "reasoning": reasoningTokens = try count(key, value)
        case "line_bytes": lineBytes = try number(key, value, 1...Self.maxBytes)
        case "calls": calls = try number(key, value, 0...Self.maxCalls)
        case "shape": shape = try shape(key, value)
        case "finish_word": finishWord = value
        case "with": beside = try words(key, value)
        case "finish": finish = try reason(key, value)
        case "no_usage": omitsUsage = try flag(key, value)
        case "done_only": saysDoneOnly = try flag(key, value)
        case "no_done": omitsDone = try flag(key, value)
        case "interval_ms": intervalMilliseconds = try milliseconds(key, value)
        case "interval_us":
            intervalMicroseconds = try number(key, value, 0...Self.maxMilliseconds * 1000)
        case "send_each": sendsEach = try flag(key, value)
        case "phase_us":
            phaseMicroseconds = try number(key, value, 0...Self.maxMilliseconds * 1000)
        case "first_ms": firstMilliseconds = try milliseconds(key, value)
        case "pause_after": pauseAfter = try count(key, value)
        case "pause_ms": pauseMilliseconds = try milliseconds(key, value)
        case "chunk_bytes": chunkBytes = try number(key, value, 1...Self.maxBytes)
        case "batch": batch = try number(key, value, 1...10_000)
        case "crlf": if try flag(key, value) { lineEnd = .crlf }
        case "cr": if try flag(key, value) { lineEnd = .cr }
        case "comments": hasComments = try flag(key, value)
        case "split_utf8": splitsUTF8 = try flag(key, value)
        case "content_type": contentType = value
        case "http": closesConnection = try word(key, value, "close")
        case "status": status = try number(key, value, 300...599)
        case "retry_after": retryAfter = value
        case "retry_after_ms": retryAfterMilliseconds = value
        case "hang": hangs = try flag(key, value)
        case "cut_after": cutAfter = try count(key, value)
        case "reset_after": resetAfter = try count(key, value)
        case "truncate_chunk_after": truncateChunkAfter = try count(key, value)
        case "error_after": errorAfter = try count(key, value)
        case "bad_json_after": badJSONAfter = try count(key, value)
        case "times": times = try count(key, value)
        default: throw .unknownKey(key)
        }
    }

    private func number(
        _ key: String,
        _ value: String,
        _ range: ClosedRange<Int>
    ) throws(BehaviourError) -> Int {
        guard let number = parseDecimal(value), range.contains(number) else {
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw .badValue(key: key, found: value, expected: expected)
        }
        return number
    }

    private func count(_ key: String, _ value: String) throws(BehaviourError) -> Int {
        try number(key, value, 0...Self.maxTokens)
    }

    private func milliseconds(_ key: String, _ value: String) throws(BehaviourError) -> Int {
        try number(key, value, 0...Self.maxMilliseconds)
    }

    private func flag(_ key: String, _ value: String) throws(BehaviourError) -> Bool {
        switch value {
        case "1": return true
        case "0": return false
        default: throw .badValue(key: key, found: value, expected: "1 or 0")
        }
    }

    private func word(
        _ key: String,
        _ value: String,
        _ only: String
    ) throws(BehaviourError) -> Bool {
        guard value == only else { throw .badValue(key: key, found: value, expected: only) }
        return true
    }

    private func words(_ key: String, _ value: String) throws(BehaviourError) -> [Beside] {
        var words: [Beside] = []
        for word in value.split(separator: ",", omittingEmptySubsequences: false) {
            guard let beside = Beside(rawValue: String(word)), !words.contains(beside) else {
                let list = Beside.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badValue(key: key, found: value, expected: "some of \(list)")
            }
            words.append(beside)
        }
        return words
    }

    private func shape(_ key: String, _ value: String) throws(BehaviourError) -> Shape {
        guard let shape = Shape.named(value) else {
            let list = Shape.all.map(\.name).joined(separator: ", ")
            throw .badValue(key: key, found: value, expected: "one of \(list)")
        }
        return shape
    }

    private func reason(_ key: String, _ value: String) throws(BehaviourError) -> Finish {
        guard let reason = Finish(rawValue: value) else {
            let words = Finish.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badValue(key: key, found: value, expected: "one of " + words)
        }
        return reason
    }
}
