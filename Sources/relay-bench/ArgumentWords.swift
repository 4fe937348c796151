import Wire

/// The words of a command line that are not yet read.
extension ArraySlice<String> {
    /// Takes the value of an option.
    mutating func value(of option: String) throws(BenchArgumentError) -> String {
        guard let value = popFirst() else { throw .missingValue(option) }
        return value
    }

    /// Takes a value that is a whole number.
    mutating func number(
        of option: String,
        in range: ClosedRange<Int>
    ) throws(BenchArgumentError) -> Int {
        let text = try value(of: option)
        guard let number = parseDecimal(text), range.contains(number) else {
            throw .badValue(option, text, range)
        }
        return number
    }

    /// Takes a value that names parts of the plan.
    mutating func parts(of option: String) throws(BenchArgumentError) -> [String] {
        let names = try value(of: option).split(separator: ",").map(String.init)
        guard !names.isEmpty else { throw .missingValue(option) }
        for name in names where !Plan.parts.contains(name) { throw .unknownPart(name) }
        return names
    }
}

/// Why a command line is refused.
enum BenchArgumentError: Error, Equatable, CustomStringConvertible {
    case unknown(String)
    case missingValue(String)
    case badValue(String, String, ClosedRange<Int>)
    case unknownPart(String)
    case noDaemon
    case halfFastAPI
    case noKeptFile

    var description: String {
        switch self {
        case .unknown(let word): "unknown argument \(word)"
        case .missingValue(let option): "\(option) needs a value"
        case .badValue(let option, let found, let range):
            "\(option) is \(found); expected a whole number from \(range.lowerBound)"
                + " to \(range.upperBound)"
        case .unknownPart(let name):
            "--only names \(name); expected some of \(Plan.parts.joined(separator: ","))"
        case .noDaemon: "the daemon's file is missing"
        case .halfFastAPI: "--fastapi and --fastapi-app belong together"
        case .noKeptFile: "--check and --keep need --kept FILE"
        }
    }
}
