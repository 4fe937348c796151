/// Why the candidates of one call did not answer, in the order in which they were asked.
struct CandidateFailures {
    struct Element {
        var failure: UpstreamFailure
        var fault: RetryPolicy.Fault
        /// Which candidate it is of.
        var candidate: Int
    }

    private var elements: [Element] = []

    var isEmpty: Bool { elements.isEmpty }

    mutating func add(_ failure: UpstreamFailure, _ fault: RetryPolicy.Fault, of candidate: Int) {
        elements.append(Element(failure: failure, fault: fault, candidate: candidate))
    }

    /// The failure that a client is told: the one that tells most, with the others' messages after
    /// its own.
    ///
    /// A fallback that refuses the request must not hide why it was asked.
    var summary: Element? {
        guard let most = elements.map(\.fault.telling).max(),
            var result = elements.first(where: { $0.fault.telling == most })
        else { return nil }
        for other in elements where other.candidate != result.candidate {
            result.failure.message += "; also: \(other.failure.message)"
        }
        return result
    }
}
