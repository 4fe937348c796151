import Glibc
import Loop
import TestSupport
import Testing

@testable import Access
@testable import HTTPServer

/// Who counts against which limit, and what is known of it after a restart.
@Suite struct RateBookTests {
    private static let ann = Caller(id: "key/ann")
    private static let bob = Caller(id: "user/bob")

    private static func address(_ text: String) -> PeerAddress {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { bytes in
            var v4 = sockaddr_in()
            var v6 = sockaddr_in6()
            if inet_pton(AF_INET, text, &v4.sin_addr) == 1 {
                v4.sin_family = sa_family_t(AF_INET)
                bytes.storeBytes(of: v4, as: sockaddr_in.self)
            } else if inet_pton(AF_INET6, text, &v6.sin6_addr) == 1 {
                v6.sin6_family = sa_family_t(AF_INET6)
                bytes.storeBytes(of: v6, as: sockaddr_in6.self)
            }
        }
        return PeerAddress(storage)
    }

    /// A book, a clock for it, and a loop that asks.
    private final class Desk {
        let clock = ManualClock()
        private(set) var book: RateBook
        private let loop: EventLoop
        private var last = 0

        init(_ change: (inout RatePolicy) -> Void) throws {
            var policy = RatePolicy()
            change(&policy)
            loop = try EventLoop(index: 0, time: .manual(clock))
            book = RateBook(policy) { [clock] in (clock.now, clock.wallMilliseconds) }
        }

        /// Asks; returns the answer's id, or the limit that is reached.
        func ask(_ caller: Caller, _ address: String = "127.0.0.1") async -> (String, String?) {
            last += 1
            let id = "g\(last)"
            let from = RateBookTests.address(address)
            let refusal = await loop.run { [book] loop in
                let answer = Guarded<String?>(nil)
                book.reserve(id, caller, from: from, on: loop.reactor) { result in
                    if case .failure(let problem) = result {
                        answer.withLock { $0 = "\(problem.code ?? ""): \(problem.message)" }
                    }
                }
                return answer.withLock { $0 }
            }
            return (id, refusal)
        }

        /// Restarts, with what a snapshot's text has.
        func restart(_ policy: RatePolicy) throws {
            let text = try #require(book.changes()).text
            let kept = RateSnapshot(text: text.span)
            let snapshot = try #require(kept)
            book = RateBook(policy, restoring: snapshot) { [clock] in
                (clock.now, clock.wallMilliseconds)
            }
        }

        func stop() async { await loop.stop() }
    }

    @Test func `what a key or a token says comes before what holds for all`() async throws {
        let desk = try Desk { $0.perCaller.generations = 2 }
        var limits = CallerLimits()
        limits.generations = 1
        let carl = Caller(id: "user/carl", limits: limits)
        #expect(await desk.ask(Self.ann).1 == nil)
        #expect(await desk.ask(Self.ann).1 == nil)
        #expect(await desk.ask(Self.ann).1?.hasPrefix("generations: your key or token") == true)
        #expect(await desk.ask(carl).1 == nil)
        #expect(await desk.ask(carl).1?.contains("has 1 answers at once") == true)
        #expect(await desk.ask(Self.bob).1 == nil)
        await desk.stop()
    }

    @Test func `callers who are not told apart have one account together`() async throws {
        let desk = try Desk { $0.perCaller.requestsPerMinute = 1 }
        #expect(await desk.ask(.anonymous).1 == nil)
        #expect(await desk.ask(.anonymous).1?.contains("everybody together") == true)
        await desk.stop()
    }

    @Test func `an address counts whoever asks from it, and this machine's does not`() async throws
    {
        let desk = try Desk { $0.perAddress.requestsPerMinute = 2 }
        #expect(await desk.ask(Self.ann, "192.0.2.1").1 == nil)
        #expect(await desk.ask(Self.bob, "192.0.2.1").1 == nil)
        #expect(await desk.ask(.anonymous, "192.0.2.1").1?.contains("your address") == true)
        #expect(await desk.ask(Self.ann, "192.0.2.2").1 == nil)
        // A host may take any address of its network.
        #expect(await desk.ask(Self.ann, "2001:db8::1").1 == nil)
        #expect(await desk.ask(Self.ann, "2001:db8::2").1 == nil)
        #expect(await desk.ask(Self.ann, "2001:db8::3").1 != nil)
        #expect(await desk.ask(Self.ann, "2001:db8:0:1::1").1 == nil)
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..<5 { #expect(await desk.ask(Self.ann, address).1 == nil) }
        }
        await desk.stop()
    }

    @Test func `behind proxies all whom they do not name count as one`() async throws {
        let desk = try Desk {
            $0.perAddress.requestsPerMinute = 2
            $0.isBehindProxies = true
        }
        #expect(await desk.ask(Self.ann, "127.0.0.1").1 == nil)
        #expect(await desk.ask(Self.bob, "::1").1 == nil)
        #expect(await desk.ask(.anonymous, "127.0.0.1").1 != nil)
        #expect(await desk.ask(.anonymous, "192.0.2.1").1 == nil)
        await desk.stop()
    }

    @Test func `who is refused by one limit is counted by none`() async throws {
        let desk = try Desk {
            $0.perCaller.generations = 1
            $0.perAddress.requestsPerMinute = 3
        }
        let (first, _) = await desk.ask(Self.ann, "192.0.2.1")
        for _ in 0..<9 { #expect(await desk.ask(Self.ann, "192.0.2.1").1 != nil) }
        desk.book.settle(first, RateBill())
        #expect(await desk.ask(Self.ann, "192.0.2.1").1 == nil)
        #expect(await desk.ask(Self.bob, "192.0.2.1").1 == nil)
        await desk.stop()
    }

    @Test func `what was never asked is given back, and an end counts once`() async throws {
        let desk = try Desk {
            $0.perCaller.generations = 1
            $0.perCaller.requestsPerMinute = 2
        }
        let (first, _) = await desk.ask(Self.ann)
        desk.book.release(first)
        desk.book.release(first)
        desk.book.settle(first, RateBill(tokens: 5))
        let (second, refusal) = await desk.ask(Self.ann)
        #expect(refusal == nil)
        desk.book.settle(second, RateBill())
        desk.book.settle(second, RateBill())
        #expect(await desk.ask(Self.ann).1 == nil)
        #expect(await desk.ask(Self.ann).1 != nil)
        await desk.stop()
    }

    @Test func `money that was spent is counted to its billionths, until midnight`() async throws {
        let desk = try Desk { $0.perCaller.nanodollarsPerDay = 1_000_000_000 }
        let (first, _) = await desk.ask(Self.ann)
        desk.book.settle(first, RateBill(tokens: 1, nanodollars: 999_999_999))
        let (second, refusal) = await desk.ask(Self.ann)
        #expect(refusal == nil)
        desk.book.settle(second, RateBill(tokens: 1, nanodollars: 1))
        let (_, full) = await desk.ask(Self.ann)
        #expect(full?.contains("money_per_day: your key or token has 1.0 US dollars a day") == true)
        await desk.clock.advance(by: .seconds(86_400))
        #expect(await desk.ask(Self.ann).1 == nil)
        await desk.stop()
    }

    @Test func `a restart gives nobody their limits anew, and ends what ran`() async throws {
        var policy = RatePolicy()
        policy.perCaller.requestsPerMinute = 2
        policy.perCaller.tokensPerDay = 100
        policy.perCaller.generations = 2
        let desk = try Desk { $0 = policy }
        let (first, _) = await desk.ask(Self.ann)
        desk.book.settle(first, RateBill(tokens: 10))
        #expect(await desk.ask(Self.ann).1 == nil)
        let (spent, _) = await desk.ask(Self.bob)
        desk.book.settle(spent, RateBill(tokens: 100))
        try desk.restart(policy)
        #expect(await desk.ask(Self.ann).1?.contains("ask again in 30 s") == true)
        #expect(await desk.ask(Self.bob).1?.hasPrefix("tokens_per_day") == true)
        await desk.clock.advance(by: .seconds(30))
        #expect(await desk.ask(Self.ann).1 == nil)
        await desk.stop()
    }

    @Test func `nothing is to be kept while nothing changes`() async throws {
        let desk = try Desk { $0.perCaller.requestsPerMinute = 1 }
        #expect(desk.book.changes() == nil)
        _ = await desk.ask(Self.ann)
        #expect(desk.book.changes() != nil)
        #expect(desk.book.changes() == nil)
        desk.book.changesAreNotKept()
        #expect(desk.book.changes() != nil)
        await desk.stop()
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"accounts":{}}"#, #"{"accounts":[{"name":"a"}]}"#,
        #"{"accounts":[{"name":"a","requests_until":-1,"tokens_until":0,"day":0,"tokens":0,"nanodollars":0}]}"#,
    ])
    func `a snapshot that the relay has not written is none`(text: String) {
        let bytes = Array(text.utf8)
        let snapshot = RateSnapshot(text: bytes.span)
        #expect(snapshot == nil)
    }

    @Test func `a clock that was set back locks nobody out`() throws {
        var account = RateAccount()
        var limits = CallerLimits()
        limits.requestsPerMinute = 1
        account.begin(limits, .seconds(100))
        let kept = RateSnapshot(["a": account], at: .seconds(100), 1_700_000_000_000)
        let month = 30 * 86_400_000
        let restored = kept.accounts(at: .seconds(5), 1_700_000_000_000 - month)["a"]
        let found = try #require(restored)
        #expect(found.refusal(limits, .seconds(5), 1)?.seconds == 60)
        #expect(found.refusal(limits, .seconds(65), 1) == nil)
    }

    @Test func `times that lie in the past or far ahead are survived`() throws {
        let text =
            #"{"made_at":1,"accounts":[{"name":"a","requests_until":1,"tokens_until":9007199254740991,"day":99999,"tokens":9007199254740991,"nanodollars":9007199254740991}]}"#
        let bytes = Array(text.utf8)
        let kept = RateSnapshot(text: bytes.span)
        let snapshot = try #require(kept)
        let accounts = snapshot.accounts(at: .seconds(1), 1000)
        #expect(accounts["a"]?.requests.isEmpty(at: .seconds(1)) == true)
    }
}
