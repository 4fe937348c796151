package import ChatFormats

/// What an upstream is asked, for as long as another attempt may need it.
package final class Question {
    private let request: ChatRequest
    /// The body of the next attempt, where it is written already.
    private var body: [UInt8]?

    /// Takes a request.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - body: what the first attempt sends; nil where it is not written yet.
    package init(_ request: ChatRequest, body: [UInt8]? = nil) {
        self.request = request
        self.body = body
    }

    /// Takes a request, and checks it by writing it for the upstream that is asked first.
    ///
    /// - Throws: where that upstream's protocol cannot express it.
    package init(
        _ request: ChatRequest,
        for candidate: ModelTable.Candidate
    ) throws(ChatRequestError) {
        self.request = request
        body = try write(for: candidate)
    }

    /// How much text is asked, without pictures.
    var textBytes: Int { request.textBytes }

    /// Returns the body of an attempt, which is written anew unless it is written already.
    ///
    /// - Throws: where the upstream's protocol cannot express the request.
    func takeBody(for candidate: ModelTable.Candidate) throws(ChatRequestError) -> [UInt8] {
        guard let written = body else { return try write(for: candidate) }
        body = nil
        return written
    }

    private func write(for candidate: ModelTable.Candidate) throws(ChatRequestError) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(512)
        let provider = candidate.upstream.configuration.provider
        try provider.writeBody(request, model: candidate.model, into: &body)
        return body
    }
}
