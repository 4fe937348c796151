import Loop
import TestSupport
import Testing
import Wire

@testable import Upstream

/// Real transfers of libcurl, over sockets.
@Suite struct TransferTests {
    @Test(.timeLimit(.minutes(2)))
    func `requests one after the other share one connection`() async throws {
        try await withBench(serving: { answer("number \($0)") }) { loop, server in
            for number in 1...20 {
                let heard = Heard()
                let url = server.url
                loop.post { Bench.of($0)?.start(url, heard) }
                #expect(heard.waitForEnd())
                #expect(heard.text == "number \(number)")
                #expect(heard.now.error == nil)
            }
            #expect(server.accepted == 1)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `two hundred transfers at once all end, each with its own answer`() async throws {
        try await withBench(serving: { answer("<\($0)>") }) { loop, server in
            let all = (0..<200).map { _ in Heard() }
            let url = server.url
            loop.post { loop in for heard in all { Bench.of(loop)?.start(url, heard) } }
            for heard in all { #expect(heard.waitForEnd()) }
            #expect(Set(all.map(\.text)).count == 200)
            #expect(all.allSatisfy { $0.now.ends == 1 && $0.now.error == nil })
            let running = await loop.run { Bench.of($0)?.client.runningCount }
            #expect(running == 0)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a rush is spread over several handles, and those not needed after it are closed`()
        async throws
    {
        var settings = UpstreamSettings()
        settings.transfersPerHandle = 16
        settings.keptConnections = 16
        settings.sweepMilliseconds = 20
        try await withBench(settings, serving: { answer("<\($0)>") }) { loop, server in
            let count = 40
            let all = (0..<count).map { _ in Heard() }
            let url = server.url
            let atOnce = await loop.run { loop in
                for heard in all { Bench.of(loop)?.start(url, heard) }
                return Bench.of(loop)?.client.multis.map(\.runningCount)
            }
            #expect(atOnce == [16, 16, 8])
            for heard in all { #expect(heard.waitForEnd()) }
            #expect(Set(all.map(\.text)).count == count)
            try await eventually {
                await loop.run { Bench.of($0)?.client.multis.map(\.runningCount) } == [0]
            }
            // The connections of the one that is left are used again.
            let before = server.accepted
            let last = Heard()
            await loop.run { _ = Bench.of($0)?.start(url, last) }
            #expect(last.waitForEnd())
            #expect(server.accepted == before)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a transfer that hangs holds up no other`() async throws {
        try await withBench(serving: {
            $0 == 1 ? String(repeating: "|", count: 200) : answer("quick")
        }) { loop, server in
            let url = server.url
            let hanging = Heard()
            loop.post { Bench.of($0)?.start(url, hanging) }
            #expect(waits { server.requests == 1 })
            let isQuick = await isPrompt(within: 1000) {
                let quick = Heard()
                let start = monotonicNow()
                loop.post { Bench.of($0)?.start(url, quick) }
                #expect(quick.waitForEnd())
                return Int((monotonicNow() - start) / 1_000_000)
            }
            #expect(isQuick)
            #expect(hanging.now.ends == 0)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a cancelled transfer is silent, before and after its first byte`() async throws {
        try await withBench(serving: { number in
            number == 1
                ? String(repeating: "|", count: 20)
                : "HTTP/1.1 200 OK\r\n\r\nsome" + String(repeating: "|x", count: 50)
        }) { loop, server in
            let url = server.url
            let early = Heard()
            loop.post { Bench.of($0)?.start(url, early) }
            #expect(waits { server.requests == 1 })
            await loop.run { Bench.of($0)?.transfers.last?.cancel() }
            let late = Heard()
            loop.post { Bench.of($0)?.start(url, late) }
            #expect(waits { late.text.hasPrefix("some") })
            await loop.run { loop in
                Bench.of(loop)?.transfers.last?.cancel()
                Bench.of(loop)?.transfers.last?.cancel()
            }
            let length = late.now.bytes.count
            usleepMilliseconds(200)
            #expect(early.now.heads.isEmpty && early.now.ends == 0)
            #expect(late.now.bytes.count == length && late.now.ends == 0)
            #expect(await loop.run { Bench.of($0)?.client.runningCount } == 0)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a transfer may be cancelled from inside each of its callbacks`() async throws {
        try await withBench(serving: { _ in answer("some words") }) { loop, server in
            let url = server.url
            for _ in 0..<10 {
                let head = Heard()
                let bytes = Heard()
                loop.post { loop in
                    Bench.of(loop)?.start(url, head) { $0.onHead = { $0.cancel() } }
                    Bench.of(loop)?.start(url, bytes) { $0.onBytes = { $0.cancel() } }
                }
                #expect(waits { !head.now.heads.isEmpty && !bytes.now.bytes.isEmpty })
                usleepMilliseconds(10)
                #expect(head.now.bytes.isEmpty && head.now.ends == 0)
                #expect(bytes.now.ends == 0)
            }
            let heard = Heard()
            loop.post { Bench.of($0)?.start(url, heard) }
            #expect(heard.waitForEnd())
            #expect(heard.text == "some words")
            #expect(await loop.run { Bench.of($0)?.client.runningCount } == 0)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a transfer may be started from inside the callbacks of another`() async throws {
        try await withBench(serving: { answer("\($0)") }) { loop, server in
            let url = server.url
            let heards = (0..<4).map { _ in Heard() }
            loop.post { loop in
                guard let bench = Bench.of(loop) else { return }
                bench.start(url, heards[0]) { listener in
                    listener.onHead = { [unowned bench] _ in bench.start(url, heards[1]) }
                    listener.onBytes = { [unowned bench] _ in bench.start(url, heards[2]) }
                    listener.onEnd = { [unowned bench] in bench.start(url, heards[3]) }
                }
            }
            for heard in heards { #expect(heard.waitForEnd()) }
            #expect(Set(heards.map(\.text)).count == 4)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a paused transfer receives nothing, and everything once it goes on`() async throws {
        let words = (0..<30).map { "|\($0)," }.joined()
        try await withBench(serving: { _ in
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbegin" + words
        }) { loop, server in
            let url = server.url
            let heard = Heard()
            loop.post { Bench.of($0)?.start(url, heard) { $0.onBytes = { $0.pause() } } }
            #expect(waits { !heard.now.bytes.isEmpty })
            // What had come before the pause, which on a busy machine may be several pieces.
            let had = heard.text
            usleepMilliseconds(300)
            #expect(heard.text == had)
            #expect(heard.now.ends == 0)
            // Each piece pauses it again.
            while heard.now.ends == 0 {
                await loop.run { Bench.of($0)?.transfers.last?.resume() }
                usleepMilliseconds(10)
            }
            #expect(heard.text == "begin" + words.filter { $0 != "|" })
            #expect(heard.now.error == nil)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a pause does not outlive its transfer`() async throws {
        try await withBench(serving: {
            $0 == 1
                ? "HTTP/1.1 200 OK\r\n\r\nx" + String(repeating: "|y", count: 20) : answer("whole")
        }) { loop, server in
            let url = server.url
            let first = Heard()
            loop.post { Bench.of($0)?.start(url, first) { $0.onBytes = { $0.pause() } } }
            #expect(waits { !first.now.bytes.isEmpty })
            await loop.run { Bench.of($0)?.transfers.last?.cancel() }
            let second = Heard()
            loop.post { Bench.of($0)?.start(url, second) }
            #expect(second.waitForEnd())
            #expect(second.text == "whole")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `the head is read past interim answers and in any case of letters`() async throws {
        try await withBench(serving: { _ in
            "HTTP/1.1 100 Continue\r\n\r\n|HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n|"
                + answer(
                    "x",
                    status: "429",
                    fields: "RETRY-AFTER:  3 \r\nContent-type:a/b\r\nX-Other: 1\r\n"
                )
        }) { loop, server in
            let url = server.url
            let heard = Heard()
            loop.post { Bench.of($0)?.start(url, heard) }
            #expect(heard.waitForEnd())
            let head = try #require(heard.now.heads.first)
            #expect(heard.now.heads.count == 1)
            #expect(head.status == 429)
            #expect(head.fields.fields.count == 2)
            #expect(head.fields.first("retry-after") == "3")
            #expect(head.fields.first("content-type") == "a/b")
        }
    }
}
