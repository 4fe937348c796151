import HTTPServer
import Testing
import Wire

@testable import Access

/// What a request would do decides what it must show.
@Suite struct GateTests {
    private static let gate = Gate(hosts: ["chat.example"], origins: ["https://listed.example"])
    private static let browser: HeaderFields = ["User-Agent": "Mozilla/5.0"]
    private static let foreign: HeaderFields = ["Origin": "https://evil.example"]
    private static let program: HeaderFields = [:]
    private static let listed: HeaderFields = ["Origin": "https://listed.example"]

    private func head(_ host: String, _ fields: HeaderFields) throws -> RequestHead {
        var text = "GET /x HTTP/1.1\r\nHost: \(host)\r\n"
        for field in fields.fields { text += "\(field.name): \(field.value)\r\n" }
        var parser = RequestParser(limits: RequestLimits())
        let bytes = Array((text + "\r\n").utf8)
        let parsed = try parser.parse(bytes.span)
        return try #require(parsed?.head)
    }

    /// The status with which a request is refused; nil if it may be answered.
    private func refusal(
        _ host: String,
        _ fields: HeaderFields,
        _ demand: Gate.Demand
    ) throws -> Status? {
        let head = try head(host, fields)
        var gate = Self.gate
        do throws(Problem) {
            try gate.check(head, host: try gate.checkHost(head), demand)
            return nil
        } catch {
            return error.status
        }
    }

    @Test(arguments: [
        (Gate.Demand.nothing, foreign, nil), (.answers, foreign, Status.forbidden),
        (.generationByGet, foreign, .forbidden), (.answers, listed, nil),
        (.generationByGet, listed, nil), (.nothing, browser, nil), (.answers, browser, nil),
        (.generationByGet, browser, .forbidden), (.generationByGet, program, nil),
    ])
    func `the more a request would do, the more it must show`(
        demand: Gate.Demand,
        fields: HeaderFields,
        status: Status?
    ) throws {
        #expect(try refusal("chat.example", fields, demand) == status)
    }

    @Test(arguments: [Gate.Demand.nothing, .answers, .generationByGet])
    func `a name that is not ours is refused, whatever is wanted`(demand: Gate.Demand) throws {
        #expect(try refusal("evil.example", [:], demand) == .misdirectedRequest)
        #expect(try refusal("CHAT.example:8000", [:], demand) == nil)
    }
}
