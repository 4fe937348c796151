import Loop

/// What happened on a loop, for a test on another thread.
package final class Recorder<Value: Sendable>: Sendable {
    private let recorded = Guarded<[Value]>([])

    package init() {}

    package var values: [Value] { recorded.withLock { $0 } }

    package func record(_ value: Value) {
        recorded.withLock { $0.append(value) }
    }

    /// Waits until so many values are there; the test's time limit bounds it.
    package func wait(count: Int) async throws -> [Value] {
        while true {
            let values = values
            if values.count >= count { return values }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
    }
}
