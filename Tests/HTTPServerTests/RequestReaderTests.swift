import Testing
import Wire

@testable import HTTPServer

/// What is read and what is dropped of a request, as a table, at every split of its bytes.
@Suite struct RequestReaderTests {
    enum Decision: Sendable { case keep(Int), drop(Int) }

    /// What comes of a request, and whether the one after it is read.
    enum Outcome: Sendable, Equatable {
        case kept(String)
        case dropped
        case refused(RequestError)
        /// The connection has to end, before anything more is read.
        case ends
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var fields = ""
        var body = ""
        var decision: Decision
        var outcome: Outcome
        var testDescription: String { "\(fields) \(decision)" }
    }

    private static let chunks = "3\r\nabc\r\n3;x=y\r\ndef\r\n0\r\nA: b\r\n\r\n"

    private static let table = [
        Case(decision: .keep(0), outcome: .kept("")),
        Case(decision: .drop(0), outcome: .dropped),
        Case(fields: "Content-Length: 0", decision: .keep(0), outcome: .kept("")),
        Case(fields: "Content-Length: 0", decision: .drop(0), outcome: .dropped),
        Case(
            fields: "Content-Length: 6",
            body: "abcdef",
            decision: .keep(6),
            outcome: .kept("abcdef")
        ),
        Case(
            fields: "Content-Length: 6",
            body: "abcdef",
            decision: .keep(5),
            outcome: .refused(.bodyTooLarge(limit: 5))
        ),
        Case(fields: "Content-Length: 6", body: "abcdef", decision: .drop(6), outcome: .dropped),
        Case(fields: "Content-Length: 6", body: "abcdef", decision: .drop(5), outcome: .ends),
        Case(
            fields: "Content-Length: 9223372036854775807",
            decision: .keep(.max - 1),
            outcome: .refused(.bodyTooLarge(limit: .max - 1))
        ),
        Case(fields: "Content-Length: 9223372036854775807", decision: .drop(9), outcome: .ends),
        Case(
            fields: "Transfer-Encoding: chunked",
            body: chunks,
            decision: .keep(6),
            outcome: .kept("abcdef")
        ),
        Case(
            fields: "Transfer-Encoding: chunked",
            body: chunks,
            decision: .keep(5),
            outcome: .refused(.bodyTooLarge(limit: 5))
        ),
        Case(
            fields: "Transfer-Encoding: chunked",
            body: chunks,
            decision: .drop(6),
            outcome: .dropped
        ),
        Case(
            fields: "Transfer-Encoding: chunked",
            body: chunks,
            decision: .drop(5),
            outcome: .refused(.bodyTooLarge(limit: 5))
        ),
        Case(
            fields: "Transfer-Encoding: chunked",
            body: "x\r\n",
            decision: .drop(5),
            outcome: .refused(.invalidChunkSize)
        ),
        Case(
            fields: "Expect: 100-continue\r\nContent-Length: 6",
            body: "abcdef",
            decision: .keep(6),
            outcome: .kept("abcdef")
        ),
        // The client may or may not send what it has announced.
        Case(
            fields: "Expect: 100-continue\r\nContent-Length: 6",
            body: "abcdef",
            decision: .drop(6),
            outcome: .ends
        ),
        Case(
            fields: "Expect: 100-continue\r\nTransfer-Encoding: chunked",
            body: chunks,
            decision: .drop(6),
            outcome: .ends
        ),
        Case(
            fields: "Expect: 100-continue\r\nContent-Length: 0",
            decision: .drop(6),
            outcome: .dropped
        ),
    ]

    @Test(arguments: table)
    func `a body is kept or dropped however the network cuts it`(row: Case) {
        let fields = row.fields.isEmpty ? "" : row.fields + "\r\n"
        let first = "POST /a HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\(row.body)"
        let bytes = Array((first + "GET /b HTTP/1.1\r\nHost: x\r\n\r\n").utf8)
        for cut in 0...bytes.count {
            let read = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])], row.decision)
            #expect(read.outcome == row.outcome, "cut at \(cut)")
            let isBehindRead = read.behind == "/b"
            let goesOn =
                switch row.outcome {
                case .kept, .dropped: true
                case .refused, .ends: false
                }
            #expect(isBehindRead == goesOn, "cut at \(cut)")
        }
        let single = Self.read(bytes.map { [$0] }, row.decision)
        #expect(single.outcome == row.outcome)
    }

    @Test func `nothing is read of a body before it is said what becomes of it`() throws {
        var reader = RequestReader(limits: RequestLimits(), budget: BodyBudget(maxBytes: .max))
        let bytes = Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab".utf8)
        let (used, _) = try reader.next(bytes.span)
        #expect(used == bytes.count - 2)
        let body = Array("ab".utf8)
        for _ in 0..<3 {
            let (more, step) = try reader.next(body.span)
            #expect(more == 0)
            if case .more = step {} else { Issue.record("read on") }
        }
        let isWithinBody = reader.isWithinBody
        #expect(!isWithinBody)
        let isKept = try reader.keepBody(upTo: 2)
        #expect(isKept)
        let (rest, step) = try reader.next(body.span)
        #expect(rest == 2)
        if case .body(body, nil) = step {} else { Issue.record("no body") }
    }

    /// Reads pieces as a connection does, with one decision for the first head.
    private static func read(
        _ pieces: [[UInt8]],
        _ decision: Decision
    ) -> (outcome: Outcome?, behind: String?) {
        var reader = RequestReader(limits: RequestLimits(), budget: BodyBudget(maxBytes: .max))
        var outcome: Outcome?
        var rest: [UInt8] = []
        do throws(RequestError) {
            for piece in pieces {
                rest += piece
                while true {
                    let (used, step) = try reader.next(rest.span)
                    rest.removeFirst(used)
                    if case .more = step { break }
                    switch step {
                    case .more: break
                    case .head(let head):
                        guard outcome == nil else { return (outcome, head.path) }
                        switch decision {
                        case .keep(let limit):
                            if try !reader.keepBody(upTo: limit) { outcome = .kept("") }
                        case .drop(let limit):
                            guard reader.dropBody(upTo: limit) else { return (.ends, nil) }
                            let isWithinBody = reader.isWithinBody
                            if !isWithinBody { outcome = .dropped }
                        }
                    case .body(let body, _): outcome = .kept(String(decoding: body, as: UTF8.self))
                    case .dropped: outcome = .dropped
                    }
                }
            }
        } catch {
            return (.refused(error), nil)
        }
        return (outcome, nil)
    }
}
