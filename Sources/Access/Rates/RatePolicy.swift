/// How much everybody may ask for, where nothing else is said.
package struct RatePolicy: Sendable, Equatable {
    /// Each caller with a key or a token; all callers together where they are not told apart.
    ///
    /// What a key or a token says itself comes before it.
    package var perCaller = CallerLimits()
    /// All callers of one address together: requests a minute, and answers at once.
    package var perAddress = CallerLimits()

    /// Makes a policy that bounds nothing.
    package init() {}
}
