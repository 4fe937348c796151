/// How much everybody may ask for, where nothing else is said.
package struct RatePolicy: Sendable, Equatable {
    /// Each caller with a key or a token; all callers together where they are not told apart.
    ///
    /// What a key or a token says itself comes before it.
    package var perCaller = CallerLimits()
    /// All callers of one address together.
    package var perAddress = CallerLimits()

    /// Whether proxies say from which address a client asks.
    ///
    /// Then this machine's own address is that of all clients that a proxy here does not name: not
    /// to count it would let them pass. Otherwise it may be a proxy's, and so everybody's.
    package var isBehindProxies = false

    /// Makes a policy that bounds nothing.
    package init() {}
}
