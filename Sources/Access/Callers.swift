package import HTTPServer
package import Wire

/// Tells who asks, from the head of a request.
///
/// One for all loops: what it knows outlives a reload of the configuration.
package protocol Callers: Sendable {
    /// Tells it.
    ///
    /// - Parameters:
    ///   - head: the request's.
    ///   - use: takes the caller, or why there is none; on the loop that asked, now or later.
    func caller(
        of head: RequestHead,
        then use: @escaping (Result<Caller, Problem>) -> Void
    )
}

/// Nobody is told apart.
package struct AnonymousCallers: Callers {
    /// Makes one.
    package init() {}

    package func caller(
        of head: RequestHead,
        then use: @escaping (Result<Caller, Problem>) -> Void
    ) {
        use(.success(.anonymous))
    }
}
