import Access
import ChatFormats
import HTTPServer
import Loop
import TestSupport
import Testing
import Wire

@testable import Generations
@testable import Relay

/// What may be known only after the request is there: who asks, and whether they may.
@Suite(.timeLimit(.minutes(5))) struct LateAccessTests {
    private static let model = "simulator?tokens=2&interval_ms=0"

    /// Says who callers are and what their budgets are when the test says so.
    private final class Late: Callers, Budgets {
        private struct State {
            var callers: [Ticket<Result<Caller, Problem>>] = []
            var reservations: [Ticket<Result<Void, Problem>>] = []
            var released = 0
            var settled: [String] = []
        }

        private let state = Guarded(State())
        private let callersAreKnown: Bool
        private let budgetsAreKnown: Bool

        init(callersAreKnown: Bool = false, budgetsAreKnown: Bool = false) {
            self.callersAreKnown = callersAreKnown
            self.budgetsAreKnown = budgetsAreKnown
        }

        var access: AccessState { AccessState(callers: self, budgets: self) }
        var waitingCallers: Int { state.withLock { $0.callers.count } }
        var waitingReservations: Int { state.withLock { $0.reservations.count } }
        var released: Int { state.withLock { $0.released } }
        var settled: [String] { state.withLock { $0.settled } }

        func caller(
            of head: RequestHead,
            tickets: TicketUse,
            on reactor: Reactor,
            then use: @escaping (Result<Caller, Problem>) -> Void
        ) {
            if callersAreKnown { return use(.success(.anonymous)) }
            let ticket = Ticket(on: reactor, use)
            state.withLock { $0.callers.append(ticket) }
        }

        func reserve(
            _ id: String,
            _ caller: Caller,
            from address: PeerAddress,
            on reactor: Reactor,
            then use: @escaping (Result<Void, Problem>) -> Void
        ) {
            if budgetsAreKnown { return use(.success(())) }
            let ticket = Ticket(on: reactor, use)
            state.withLock { $0.reservations.append(ticket) }
        }

        func release(_ id: String) {
            state.withLock { $0.released += 1 }
        }

        func settle(_ id: String, _ bill: RateBill) {
            state.withLock { $0.settled.append(id) }
        }

        func tellCallers(_ result: Result<Caller, Problem>) {
            let waiting = state.withLock { state in
                defer { state.callers = [] }
                return state.callers
            }
            for ticket in waiting { ticket.answer(result) }
        }

        func tellReservations(_ result: Result<Void, Problem>) {
            let waiting = state.withLock { state in
                defer { state.reservations = [] }
                return state.reservations
            }
            for ticket in waiting { ticket.answer(result) }
        }
    }

    private static let refusal = Problem(.tooManyRequests, type: "rate_limit_error", message: "no")

    private func post(_ relay: TestRelay, _ fields: HeaderFields = [:]) throws -> TestClient {
        let client = try relay.connect()
        let body = "{\"message\":\"hi\",\"model\":\"\(Self.model)\"}"
        client.request("POST", "/chat/stream", fields, body: body)
        return client
    }

    @Test func `a request waits until it is known who asks`() async throws {
        let late = Late(budgetsAreKnown: true)
        try await withRelay(access: late.access) { relay in
            let client = try post(relay)
            #expect(waits { late.waitingCallers == 1 })
            #expect(relay.calls(Self.model).calls == 0)
            late.tellCallers(.success(.anonymous))
            let head = try client.readHead()
            #expect(head.status == 200)
            #expect(try client.readEvents().last?.name == "done")
            #expect(waits { late.settled == [head.id] })
        }
    }

    @Test func `an answer, its key, its record and its cost are its caller's`() async throws {
        let late = Late(budgetsAreKnown: true)
        try await withRelay(access: late.access) { relay in
            var ids: [String] = []
            for name in ["a", "b", "a"] {
                let client = try post(relay, ["Idempotency-Key": "k"])
                #expect(waits { late.waitingCallers == 1 })
                late.tellCallers(.success(Caller(id: name)))
                ids.append(try client.readHead().id)
                #expect(try client.readEvents().last?.name == "done")
            }
            // One key of two callers is two keys.
            #expect(ids[0] != ids[1] && ids[0] == ids[2])
            #expect(try relay.record(ids[0])["owner"]?.stringValue == "a")
            #expect(try relay.record(ids[1])["owner"]?.stringValue == "b")
            #expect(late.settled == Array(ids.prefix(2)))
        }
    }

    @Test func `a caller who is refused later reads why`() async throws {
        let late = Late(budgetsAreKnown: true)
        try await withRelay(access: late.access) { relay in
            let client = try post(relay)
            #expect(waits { late.waitingCallers == 1 })
            late.tellCallers(.failure(Self.refusal))
            #expect(try client.readHead().status == 429)
            #expect(relay.calls(Self.model).calls == 0)
        }
    }

    @Test func `what asks for nothing of anybody's waits for nobody`() async throws {
        let late = Late()
        try await withRelay(access: late.access) { relay in
            let status = try relay.exchange("GET", "/healthz").head.status
            #expect(status == 200)
            #expect(late.waitingCallers == 0)
        }
    }

    @Test func `nobody is asked before the budget allows it`() async throws {
        let late = Late(callersAreKnown: true)
        try await withRelay(access: late.access) { relay in
            let client = try post(relay)
            #expect(waits { late.waitingReservations == 1 })
            #expect(relay.calls(Self.model).calls == 0)
            late.tellReservations(.success(()))
            #expect(try client.readHead().status == 200)
            #expect(try client.readEvents().last?.name == "done")
            #expect(relay.calls(Self.model).calls == 1)
        }
    }

    @Test func `two requests under one key are one answer, though the budget allows it late`()
        async throws
    {
        let late = Late(callersAreKnown: true)
        try await withRelay(access: late.access) { relay in
            let clients = [
                try post(relay, ["Idempotency-Key": "k"]),
                try post(relay, ["Idempotency-Key": "k"]),
            ]
            #expect(waits { late.waitingReservations == 1 })
            late.tellReservations(.success(()))
            let heads = try clients.map { try $0.readHead() }
            #expect(heads[0].id == heads[1].id)
            for client in clients { #expect(try client.readEvents().last?.name == "done") }
            #expect(late.waitingReservations == 0)
            #expect(relay.calls(Self.model).calls == 1)
        }
    }

    @Test func `a refused budget frees the key`() async throws {
        let late = Late(callersAreKnown: true)
        try await withRelay(access: late.access) { relay in
            let refused = try post(relay, ["Idempotency-Key": "k"])
            #expect(waits { late.waitingReservations == 1 })
            late.tellReservations(.failure(Self.refusal))
            #expect(try refused.readHead().status == 429)
            let again = try post(relay, ["Idempotency-Key": "k"])
            #expect(waits { late.waitingReservations == 1 })
            late.tellReservations(.success(()))
            #expect(try again.readHead().status == 200)
        }
    }

    @Test func `nothing is begun for a client that left while it waited`() async throws {
        let late = Late(callersAreKnown: true)
        try await withRelay(access: late.access) { relay in
            do {
                let client = try post(relay, ["Idempotency-Key": "k"])
                #expect(waits { late.waitingReservations == 1 })
                client.close()
            }
            try await eventually { await relay.service.load().connections == 0 }
            late.tellReservations(.success(()))
            #expect(waits { late.released == 1 })
            #expect(relay.calls(Self.model).calls == 0)
            // The key is free.
            let again = try post(relay, ["Idempotency-Key": "k"])
            #expect(waits { late.waitingReservations == 1 })
            late.tellReservations(.success(()))
            #expect(try again.readHead().status == 200)
        }
    }
}
