package import Loop
package import Upstream

/// What a loop gives to everything that belongs to an answer.
///
/// A reload makes another one: an answer keeps the one that it began with.
package final class LoopContext {
    package let reactor: Reactor
    /// The configuration as of the last reload before the answer began.
    package let configuration: RelayConfiguration
    package let client: UpstreamClient
    package let heap: HeapTrim
    /// Random numbers, for ids and for how long a retry waits.
    package let random: any RandomSource
    /// What is known of the upstreams' failures on all loops; it outlives a reload.
    package let breakers: Breakers
    /// Who waits for the upstreams, on all loops; the same.
    package let queues: CallQueues
    /// The queue on which long answers are read back: no loop waits for a disk.
    package let readBackQueue: any WorkQueue
    /// Takes what is worth a line of the log, or counts; called on any thread.
    package let report: @Sendable (GenerationReport) -> Void

    /// Puts together what a loop gives.
    package init(
        _ reactor: Reactor,
        _ configuration: RelayConfiguration,
        client: UpstreamClient,
        heap: HeapTrim,
        random: any RandomSource = KernelRandom(),
        breakers: Breakers = Breakers(),
        queues: CallQueues = CallQueues(),
        readBackQueue: any WorkQueue,
        report: @escaping @Sendable (GenerationReport) -> Void
    ) {
        self.reactor = reactor
        self.configuration = configuration
        self.client = client
        self.heap = heap
        self.random = random
        self.breakers = breakers
        self.queues = queues
        self.readBackQueue = readBackQueue
        self.report = report
    }

    /// The same with another configuration, for the answers that begin from now on.
    package func with(_ configuration: RelayConfiguration) -> LoopContext {
        LoopContext(
            reactor,
            configuration,
            client: client,
            heap: heap,
            random: random,
            breakers: breakers,
            queues: queues,
            readBackQueue: readBackQueue,
            report: report
        )
    }
}
