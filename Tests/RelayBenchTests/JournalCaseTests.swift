import Testing

@testable import relay_bench

/// What the cases about answers that are never lost ask for, and what they count.
@Suite struct JournalCaseTests {
    @Test func `one variable tells the daemon without a journal apart`() {
        func environment(_ keepsJournal: Bool) -> Set<String> {
            let setup = DaemonSetup(
                binary: "/d",
                upstreamURL: "http://127.0.0.1:9/v1",
                loops: 1,
                keepsJournal: keepsJournal
            )
            return Set(setup.environment(port: 8, dataFolder: "/tmp/data"))
        }
        let difference = environment(true).symmetricDifference(environment(false))
        #expect(difference == ["RELAY_JOURNAL=1", "RELAY_JOURNAL=0"])
        let kind = OurDaemonKind(version: "1", binary: "/d")
        #expect(kind.name == "sse-relay")
        #expect(kind.withoutJournal.name == "without journal")
    }
}
