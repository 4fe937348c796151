import Glibc
import Loop

/// What a process that serves needs before it opens anything.
enum ProcessPreparation {
    /// Sees to the signals and limits that would end the process where one call should fail.
    ///
    /// - Returns: how many descriptors it may have.
    static func prepare() async throws -> Int {
        Signals.ignoreBrokenPipes()
        // A file-size limit is an error of one write, not of the process.
        _ = signal(SIGXFSZ, SIG_IGN)
        let descriptors = DescriptorLimit.raise()
        // Dispatch makes the timer behind `Task.sleep` at its first use, and ends the process where
        // no descriptor is left for it. The stop sleeps, maybe at such a moment.
        try await Task.sleep(nanoseconds: 1)
        return descriptors
    }
}
