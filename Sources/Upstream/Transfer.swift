import CCurl
package import Wire

/// The status of an upstream's answer, and the fields that the relay uses.
package struct UpstreamHead: Sendable, Equatable {
    /// The status code.
    package var status = 0
    /// `Content-Type`, `Retry-After` and the few other fields that are kept.
    package var fields: HeaderFields = [:]
}

/// Receives the events of a transfer.
///
/// It is called on the loop, inside libcurl: it may cancel or start a transfer, since the client
/// puts that off until libcurl has returned.
package protocol TransferDelegate: AnyObject {
    /// The answer's head is whole.
    func transfer(_ transfer: Transfer, receivedHead head: UpstreamHead)
    /// Content arrived; the bytes are libcurl's and valid only now.
    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>)
    /// The transfer is over and no call follows; `nil` if libcurl saw the end of the message.
    func transfer(_ transfer: Transfer, ended error: TransferError?)
}

/// One request to an upstream and its answer.
package final class Transfer {
    /// A handle, and the multi handle to which it was added: neither is of use without the other.
    struct Run {
        let handle: EasyHandle
        let multi: MultiHandle
    }

    /// What becomes of content that libcurl hands over.
    enum Delivery {
        case taken
        /// libcurl keeps it, and reads no more, until it is asked to go on.
        case later
        /// The content is not wanted any more.
        case over
    }

    /// Whether content is read.
    enum Flow {
        case running
        /// The turn has had enough; reading goes on in a later one. → running, paused
        case waiting
        /// Until `resume`. → running
        case paused
    }

    /// The header lines that are kept, in lower case: a literal to compare with, and a text.
    private static let keptFields: [(line: StaticString, name: String)] = [
        "content-type", "location", "retry-after", "retry-after-ms", "x-should-retry",
        "x-request-id", "request-id", "apim-request-id", "x-amzn-requestid",
    ].map { ($0, $0.description) }

    /// What has arrived of the answer's head.
    package private(set) var head = UpstreamHead()
    /// The receiver of its events; nil once it has ended or was cancelled.
    private(set) var delegate: (any TransferDelegate)?
    private(set) var flow = Flow.running
    /// Whether all of the answer's head has arrived.
    package private(set) var isHeadWhole = false
    /// Why the answer's header lines are not taken; nil while they are.
    private(set) var refusal: TransferError?
    /// How many bytes the header lines had so far, those of interim answers and trailers included.
    private var headerBytes = 0
    private var hasContentCoding = false
    unowned let client: UpstreamClient
    /// Its number among the client's transfers.
    let number: Int
    /// The handles with which libcurl runs it, while it runs.
    var run: Run?
    /// Kept for libcurl, which reads the lines while the transfer runs.
    private let headers: HeaderLines

    init(
        _ client: UpstreamClient,
        number: Int,
        headers: HeaderLines,
        delegate: any TransferDelegate
    ) {
        self.client = client
        self.number = number
        self.headers = headers
        self.delegate = delegate
    }

    /// Whether the transfer was cancelled or has ended.
    package var isOver: Bool { delegate == nil }

    /// Stops reading from the upstream until `resume`: what it sends waits in the kernel, and
    /// finally at the sender.
    package func pause() {
        guard flow != .paused, !isOver else { return }
        flow = .paused
        client.follow(self, .paused)
    }

    /// Goes on reading.
    package func resume() {
        guard flow == .paused, !isOver else { return }
        flow = .running
        client.follow(self, .running)
    }

    /// Ends the transfer and closes its connection; the delegate is not called any more.
    package func cancel() {
        guard !isOver else { return }
        delegate = nil
        client.drop(self)
    }

    func ended(_ error: TransferError?) {
        let delegate = delegate
        self.delegate = nil
        delegate?.transfer(self, ended: error)
    }

    /// What the end of the transfer comes to.
    ///
    /// - Parameter error: what went wrong; nil where libcurl saw the end of a message.
    /// - Returns: why there is no whole answer; nil where there is one.
    func verdict(_ error: TransferError?) -> TransferError? {
        if let error = refusal ?? error { return error }
        // libcurl takes a connection that closes within the head for an answer without content.
        return isHeadWhole ? nil : .broken("the connection closed within the head")
    }

    /// Goes on after a turn that had enough content.
    func proceed() {
        guard flow == .waiting, !isOver else { return }
        flow = .running
        client.follow(self, .running)
    }

    func received(_ bytes: Span<UInt8>) -> Delivery {
        guard !isOver else { return .over }
        // libcurl hands over all that it has read; it stops once it has returned.
        guard flow != .paused else { return .later }
        guard client.admit(bytes.count) else {
            flow = .waiting
            client.proceedLater(self)
            return .later
        }
        delegate?.transfer(self, received: bytes)
        return isOver ? .over : .taken
    }

    /// Takes one header line, or the empty one that ends a head (RFC 9112 §2.1).
    ///
    /// - Returns: whether the answer goes on.
    func receivedHeaderLine(_ line: Span<UInt8>) -> Bool {
        headerBytes += line.count
        guard headerBytes <= Self.maxHeaderBytes else {
            refusal = .headTooLarge("its lines have more than \(Self.maxHeaderBytes) bytes")
            return false
        }
        // A trailer says nothing that the head would have to say (RFC 9110 §6.5.1).
        guard !isHeadWhole else { return !isOver }
        var length = line.count
        while length > 0, line[length - 1] == 0x0D || line[length - 1] == 0x0A { length -= 1 }
        if length == 0 {
            isHeadWhole = head.status >= 200
            // The head of an interim answer (1xx) is followed by another.
            if head.status >= 200 { delegate?.transfer(self, receivedHead: head) }
            return !isOver
        }
        let text = line.extracting(0..<length)
        if length > 5, matches(text, 0..<5, "HTTP/") {
            head = UpstreamHead(status: Self.status(text))
            hasContentCoding = false
        } else if isCodedTwice(text) {
            refusal = .other("its content is encoded more than once")
            return false
        } else {
            keepField(text)
        }
        return !isOver
    }

    /// Whether a line adds a second content coding: each may make a thousand bytes of one, and
    /// libcurl undoes all of them at once.
    private func isCodedTwice(_ line: Span<UInt8>) -> Bool {
        let name: StaticString = "content-encoding:"
        guard Self.begins(line, with: name) else { return false }
        if hasContentCoding { return true }
        hasContentCoding = true
        for index in name.utf8CodeUnitCount..<line.count where line[index] == UInt8(ascii: ",") {
            return true
        }
        return false
    }

    private func keepField(_ line: Span<UInt8>) {
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon < line.count else { return }
        let name = line.extracting(0..<colon)
        guard let kept = Self.keptName(name) else { return }
        var start = colon + 1
        var end = line.count
        // White space around the value is no part of it (RFC 9112 §5.1).
        while start < end, Self.isBlank(line[start]) { start += 1 }
        while end > start, Self.isBlank(line[end - 1]) { end -= 1 }
        head.fields.append(kept, Self.text(line, start..<end))
    }

    /// The name of a field that is kept, in lower case; nil for any other.
    private static func keptName(_ name: Span<UInt8>) -> String? {
        for index in keptFields.indices where equalsIgnoringCase(name, keptFields[index].line) {
            return keptFields[index].name
        }
        // What the client may still ask: x-ratelimit-remaining-requests and the like.
        guard name.count <= maxLimitName, limitPrefixes.contains(where: { begins(name, with: $0) })
        else { return nil }
        return text(name, 0..<name.count).lowercased()
    }

    private static func begins(_ name: Span<UInt8>, with prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return name.count >= length && equalsIgnoringCase(name.extracting(0..<length), prefix)
    }

    private static let limitPrefixes: [StaticString] = ["x-ratelimit-", "anthropic-ratelimit-"]
    private static let maxLimitName = 64
    /// The most bytes that all header lines of an answer have, its trailers and the interim answers
    /// before it included: libcurl keeps them all.
    package static let maxHeaderBytes = 256 * 1024

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The three digits after the first blank.
    private static func status(_ line: Span<UInt8>) -> Int {
        var start = 0
        while start < line.count, line[start] != 0x20 { start += 1 }
        guard start + 4 <= line.count else { return 0 }
        return parseDecimal(line.extracting((start + 1)..<(start + 4))) ?? 0
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var copy: [UInt8] = []
        copy.append(span: bytes.extracting(range))
        return String(decoding: copy, as: UTF8.self)
    }
}
