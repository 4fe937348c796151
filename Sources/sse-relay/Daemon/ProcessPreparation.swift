import Glibc
import Loop

/// What a process that serves needs before it opens anything.
enum ProcessPreparation {
    /// Makes errors of single calls of what would end the process: signals and limits.
    ///
    /// - Returns: how many descriptors the process may have.
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
