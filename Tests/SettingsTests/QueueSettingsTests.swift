import Testing

@testable import sse_relay

/// How many answers run at once, and how much memory there is for them.
@Suite struct QueueSettingsTests {
    private func settings(_ values: [String: String]) throws -> QueueSettings {
        try QueueSettings(Environment(values))
    }

    @Test func `without a word any number runs, in half of the memory`() throws {
        let settings = try settings([:])
        #expect(settings.maxGenerations == nil)
        #expect(settings.maxQueued == 100 && settings.queueSeconds == 30)
        #expect(settings.maxMemoryBytes == MachineMemory.half)
        #expect(MachineMemory.half > 64 << 20)
    }

    @Test(arguments: [
        ("RELAY_UPSTREAM_GENERATIONS", "0"), ("RELAY_QUEUE", "-1"), ("RELAY_QUEUE_S", "0"),
        ("RELAY_MAX_MEMORY", "1000"), ("RELAY_MAX_MEMORY", "50%"),
    ])
    func `a wrong one stops the start and is named`(name: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings([name: value]) }
        #expect(error?.variable == name)
    }

    @Test func `the memory of a machine is read from the kernel's words`() {
        #expect(
            MachineMemory.total("MemTotal:       16316412 kB\nMemFree: 1 kB\n") == 16_708_005_888
        )
        #expect(MachineMemory.total("MemFree: 1 kB\n") == nil)
        #expect(MachineMemory.total("MemTotal: many kB\n") == nil)
    }

    @Test(arguments: [
        (["/a/b": "1000\n", "/a": "max\n", "": "5000\n"], 1000),
        (["/a/b": "max\n", "/a": "700\n"], 700),
        (["/a/b": "900\n", "/a": "700\n", "": "800\n"], 700),
        (["/a/b": "max\n"], nil), ([:], nil),
    ])
    func `the least of a control group's bounds counts`(files: [String: String], limit: Int?) {
        let found = MachineMemory.limit(ofGroup: "0::/a/b\n") { path in
            files[String(path.dropFirst("/sys/fs/cgroup".count).dropLast("/memory.max".count))]
        }
        #expect(found == limit)
        #expect(MachineMemory.limit(ofGroup: "4:memory:/a\n") { _ in "5" } == nil)
    }
}
