import Generations
import Relay
import Wire

/// Reads variables as what they are to be, and names the one that is not.
struct SettingReader {
    let environment: Environment

    func text(_ name: String) -> String? {
        environment[name] ?? fallback(name)
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        let text = text(name) ?? ""
        guard let number = parseDecimal(text), range.contains(number) else {
            throw ConfigurationError(
                name,
                "expected a whole number from \(range.lowerBound) to \(range.upperBound),"
                    + " found \(text.isEmpty ? "nothing" : Self.shown(text))",
                example: fallback(name)
            )
        }
        return number
    }

    func flag(_ name: String) throws(ConfigurationError) -> Bool {
        switch text(name)?.lowercased() {
        case "1"?, "true"?, "yes"?, "on"?: return true
        case "0"?, "false"?, "no"?, "off"?, nil: return false
        case let other?:
            throw ConfigurationError(
                name,
                "expected 0 or 1, found \(Self.shown(other))",
                example: "1"
            )
        }
    }

    func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { item in
            var item = item.drop { $0 == " " }
            while item.last == " " { item.removeLast() }
            return String(item)
        }.filter { !$0.isEmpty }
    }

    /// A wrong value as a message may show it.
    static func shown(_ value: String) -> String { Redaction.clean(address: value) }

    /// A base URL without its final slashes.
    ///
    /// A wrong one is not shown: where it cannot be read, nobody knows what of it is a password.
    func url(_ name: String) throws(ConfigurationError) -> String {
        var url = text(name) ?? ""
        let isHTTP = url.hasPrefix("http://") || url.hasPrefix("https://")
        let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        let problem: String? =
            if !isHTTP {
                "what is set does not begin with http:// or https://"
            } else if !isPlain {
                "what is set holds a character that no URL has (a blank?)"
            } else if url.contains("?") || url.contains("#") {
                "what is set holds a ? or a #"
            } else {
                nil
            }
        if let problem {
            throw ConfigurationError(
                name,
                "expected an http or https URL without a query; \(problem)",
                example: fallback(name)
            )
        }
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    /// A key: it becomes part of a header line.
    func key(_ name: String) throws(ConfigurationError) -> String? {
        guard let key = environment[name] else { return nil }
        guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ConfigurationError(name, "holds a character that no key has (a blank?)")
        }
        return key
    }

    private func fallback(_ name: String) -> String? {
        guard let variable = Variable.all.first(where: { $0.name == name }) else {
            preconditionFailure("\(name) is not in the table")
        }
        return variable.fallback.isEmpty ? nil : variable.fallback
    }
}
