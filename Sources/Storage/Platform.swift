package import Loop

/// What the daemon gets from its machine beside its loops and sockets: a disk, threads, clocks and
/// random numbers.
///
/// A simulation gives others, which come from one seed.
package struct Platform: Sendable {
    /// The file systems.
    package var disk: any Disk
    /// Threads for what no loop may wait for.
    package var work: any BackgroundWork
    /// The clocks of that work; each loop has its own.
    package var time: TimeSource
    /// Random numbers.
    package var random: any RandomSource

    /// Puts a machine together.
    ///
    /// - Parameters:
    ///   - disk: the file systems.
    ///   - work: the threads.
    ///   - time: the clocks.
    ///   - random: the random numbers.
    package init(
        disk: any Disk = SystemDisk(),
        work: any BackgroundWork = DispatchWork(),
        time: TimeSource = .system,
        random: any RandomSource = KernelRandom()
    ) {
        self.disk = disk
        self.work = work
        self.time = time
        self.random = random
    }

    /// The machine itself.
    package static let system = Platform()
}
