import ChatFormats
import Loop
package import Upstream
import Wire

/// An upstream as one loop reaches it: its URL and header lines, prepared once.
package final class PreparedUpstream {
    package let configuration: RelayConfiguration.Upstream
    /// Whether it is asked at all at the moment; the same for all loops.
    let breaker: Breaker
    /// Who is being answered by it; the same for all loops.
    let queue: CallQueue
    private let url: String
    private let headers: HeaderLines
    /// For what is asked beside chats, which may be answered in any form.
    private let otherHeaders: HeaderLines

    /// Prepares it.
    init(
        _ configuration: RelayConfiguration.Upstream,
        _ breaker: Breaker,
        _ queue: CallQueue
    ) {
        self.configuration = configuration
        self.breaker = breaker
        self.queue = queue
        url = Self.url(configuration, configuration.provider.path)
        let own = configuration.style.fields.map { ($0.name.lowercased(), $0.value) }
        let fields = configuration.provider
            .headers(key: configuration.key, configuration.style.quirks)
            .filter { field in !own.contains { equals($0.0, field.0) } }
        headers = HeaderLines(fields + own)
        otherHeaders = HeaderLines(
            fields.map { $0.0 == "accept" ? ($0.0, "*/*") : $0 } + own
        )
    }

    /// Makes a request to it.
    package func request(body: [UInt8]) -> UpstreamRequest {
        request(url, headers, body)
    }

    /// Makes a request to another path than the one for chats: a GET where there is no body.
    ///
    /// - Parameters:
    ///   - path: what follows the base URL.
    ///   - query: what its query has beside what the upstream's own has.
    ///   - body: what is sent.
    /// - Returns: the request.
    func request(_ path: String, query: String? = nil, body: [UInt8]?) -> UpstreamRequest {
        request(Self.url(configuration, path, query), otherHeaders, body)
    }

    private func request(
        _ url: String,
        _ headers: HeaderLines,
        _ body: [UInt8]?
    ) -> UpstreamRequest {
        UpstreamRequest(
            url: url,
            headers: headers,
            body: body,
            bypassesProxy: configuration.bypassesProxy
        )
    }

    // MARK: Whether it is asked

    /// Sets how many answers it may give at once, and how many may wait.
    func bound(by all: RelayConfiguration) {
        queue.set(
            CallQueue.Bounds(
                running: configuration.maxGenerations ?? all.maxGenerations,
                waiting: all.maxQueued
            )
        )
    }

    /// Whether it may be asked though others can be.
    func isAdmitted(_ context: LoopContext) -> Bool {
        let configuration = context.configuration
        return breaker.admits(
            at: context.reactor.now,
            for: max(configuration.breakerSeconds, configuration.headSeconds)
        )
    }

    /// Notes that it answers.
    func answered(_ context: LoopContext) { report(breaker.answered(), context) }

    /// Notes that nobody waits any more for an attempt that it has not answered.
    func abandoned(_ context: LoopContext) { breaker.abandoned(at: context.reactor.now) }

    /// Notes that an attempt failed before anything of an answer came.
    func failed(_ fault: RetryPolicy.Fault, _ context: LoopContext) {
        switch fault {
        case .leftOut, .crowded: return
        // It was not asked after all.
        case .unwritable: abandoned(context)
        case _ where fault.isTrouble:
            let configuration = context.configuration
            let change = breaker.failed(
                at: context.reactor.now,
                most: configuration.breakerFailures,
                for: configuration.breakerSeconds
            )
            report(change, context)
        default: answered(context)
        }
    }

    private func report(_ change: Breaker.Change, _ context: LoopContext) {
        guard change != .none else { return }
        context.report(
            .breaker(
                upstream: configuration.name,
                change,
                seconds: context.configuration.breakerSeconds
            )
        )
    }

    private static func url(
        _ upstream: RelayConfiguration.Upstream,
        _ path: String,
        _ more: String? = nil
    ) -> String {
        let query = [upstream.style.query, more].compactMap { $0 }.joined(separator: "&")
        return upstream.baseURL + path + (query.isEmpty ? "" : "?\(query)")
    }
}
