import Wire

/// Reads the limits of one caller, as the file of keys and tokens have them.
struct CallerLimitsReader {
    private static let members = [
        "requests_per_minute", "tokens_per_minute", "generations", "tokens_per_day",
        "money_per_day",
    ]
    /// A limit of 0 would be a key that is good for nothing; removing it says so better.
    private static let range = 1...1_000_000_000_000

    let object: JSON

    /// Reads them.
    ///
    /// - Throws: what is wrong first; misspelt limits, too, since they would bound nothing.
    func limits() throws(APIKeyReader.Fault) -> CallerLimits {
        try APIKeyReader.check(object, "", Self.members)
        var limits = CallerLimits()
        limits.requestsPerMinute = try number("requests_per_minute")
        limits.tokensPerMinute = try number("tokens_per_minute")
        limits.generations = try number("generations")
        limits.tokensPerDay = try number("tokens_per_day")
        limits.nanodollarsPerDay = try dollars("money_per_day")
        return limits
    }

    private func number(_ name: String) throws(APIKeyReader.Fault) -> Int? {
        guard let value = object[name] else { return nil }
        guard let number = value.intValue, Self.range.contains(number) else {
            throw APIKeyReader.Fault(".\(name)", .wrongNumber(Self.range))
        }
        return number
    }

    private func dollars(_ name: String) throws(APIKeyReader.Fault) -> Int? {
        guard let value = object[name] else { return nil }
        guard let dollars = value.doubleValue, CallerLimits.dollars.contains(dollars) else {
            throw APIKeyReader.Fault(".\(name)", .wrongMoney)
        }
        return CallerLimits.nanodollars(dollars)
    }
}
