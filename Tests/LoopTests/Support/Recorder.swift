import Glibc
import Loop

/// What happened on a loop, told to a test on another thread.
final class Recorder<Value: Sendable>: Sendable {
    private let recorded = Guarded<[Value]>([])

    var values: [Value] { recorded.withLock { $0 } }

    func record(_ value: Value) {
        recorded.withLock { $0.append(value) }
    }

    /// Waits until so many values are there; the test's time limit bounds it.
    func wait(count: Int) async throws -> [Value] {
        while true {
            let values = values
            if values.count >= count { return values }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
    }
}

/// How many descriptors this process has open.
func openDescriptorCount() -> Int {
    guard let folder = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
}

/// Waits until a condition holds; the test's time limit bounds it.
func eventually(_ condition: () async -> Bool) async throws {
    while await !condition() { try await Task.sleep(nanoseconds: 1_000_000) }
}
