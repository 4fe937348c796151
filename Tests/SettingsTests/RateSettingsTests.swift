import Access
import Testing

@testable import sse_relay

/// How much may be asked, as the variables say it.
@Suite struct RateSettingsTests {
    private func policy(_ values: [String: String]) throws -> RatePolicy {
        try RateSettings(Environment(values), isBehindProxies: false).policy
    }

    @Test func `nothing is bounded while nothing is set`() throws {
        #expect(try policy([:]) == RatePolicy())
    }

    @Test func `each variable bounds what it names`() throws {
        var expected = RatePolicy()
        expected.perCaller.requestsPerMinute = 1
        expected.perCaller.tokensPerMinute = 2
        expected.perCaller.tokensPerDay = 3
        expected.perCaller.nanodollarsPerDay = 4_500_000_000
        expected.perCaller.generations = 5
        expected.perAddress.requestsPerMinute = 6
        expected.perAddress.generations = 7
        expected.perAddress.tokensPerMinute = 8
        expected.perAddress.tokensPerDay = 9
        expected.perAddress.nanodollarsPerDay = 10
        let found = try policy([
            "RELAY_CALLER_REQUESTS_PER_MINUTE": "1", "RELAY_CALLER_TOKENS_PER_MINUTE": "2",
            "RELAY_CALLER_TOKENS_PER_DAY": "3", "RELAY_CALLER_MONEY_PER_DAY": "4.50",
            "RELAY_CALLER_GENERATIONS": "5", "RELAY_ADDRESS_REQUESTS_PER_MINUTE": "6",
            "RELAY_ADDRESS_GENERATIONS": "7", "RELAY_ADDRESS_TOKENS_PER_MINUTE": "8",
            "RELAY_ADDRESS_TOKENS_PER_DAY": "9", "RELAY_ADDRESS_MONEY_PER_DAY": "0.00000001",
        ])
        #expect(found == expected)
    }

    @Test(arguments: [
        ("RELAY_CALLER_MONEY_PER_DAY", "$5"), ("RELAY_CALLER_MONEY_PER_DAY", "0"),
        ("RELAY_CALLER_MONEY_PER_DAY", "nan"), ("RELAY_CALLER_MONEY_PER_DAY", "-1"),
        ("RELAY_CALLER_GENERATIONS", "0"), ("RELAY_ADDRESS_GENERATIONS", "many"),
    ])
    func `a wrong one stops the start and is named`(name: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try policy([name: value]) }
        #expect(error?.variable == name)
    }
}
