package import ChatFormats

/// What upstreams are asked, for as long as another attempt may need it.
package final class Question {
    private let request: ChatRequest
    /// The body of the next attempt and for whom it is written, where it is written already.
    private var written: (body: [UInt8], candidate: ModelTable.Candidate)?
    /// About how much memory the request holds, in bytes: as much as it is long.
    private let requestBytes: Int

    /// Takes a request whose body is not written yet.
    package init(_ request: ChatRequest) {
        self.request = request
        requestBytes = request.textBytes
    }

    /// Takes a request.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - body: what the first attempt sends.
    ///   - candidate: for whom it is written.
    package init(_ request: ChatRequest, body: [UInt8], for candidate: ModelTable.Candidate) {
        self.request = request
        written = (body, candidate)
        requestBytes = body.count
    }

    /// Takes a request, and checks it by writing it for the upstream that is asked first.
    ///
    /// - Throws: where that upstream's protocol cannot express it.
    package init(
        _ request: consuming ChatRequest,
        for candidate: ModelTable.Candidate
    ) throws(ChatRequestError) {
        let body = try candidate.body(of: request)
        requestBytes = body.count
        written = (body, candidate)
        self.request = request
    }

    /// How much text is asked, without pictures.
    var textBytes: Int { request.textBytes }

    /// About how much memory it holds, in bytes.
    var heldBytes: Int { requestBytes + (written?.body.count ?? 0) }

    /// Returns the body of an attempt, which is written anew unless it is written already.
    ///
    /// - Throws: where the upstream's protocol cannot express the request.
    func takeBody(for candidate: ModelTable.Candidate) throws(ChatRequestError) -> [UInt8] {
        guard let written, written.candidate.isSame(as: candidate) else {
            return try candidate.body(of: request)
        }
        self.written = nil
        return written.body
    }
}

extension ModelTable.Candidate {
    /// Writes a request as the upstream wants it.
    ///
    /// - Throws: where its protocol cannot express the request.
    func body(of request: ChatRequest) throws(ChatRequestError) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(512)
        try upstream.configuration.provider.writeBody(
            request,
            model: model,
            upstream.configuration.style.quirks,
            into: &body
        )
        return body
    }
}
