import ChatFormats

/// What makes an upstream the same over a reload: with another address, key or header it may answer
/// again, and have other models.
struct UpstreamIdentity: Hashable {
    private let words: [[UInt8]]

    init(_ upstream: RelayConfiguration.Upstream) {
        let style = upstream.style
        let words = [
            upstream.name, upstream.provider.rawValue, upstream.baseURL, upstream.key ?? "",
            style.query ?? "",
        ]
        // As bytes: texts would be compared by what they look like.
        self.words = (words + style.fields.flatMap { [$0.name, $0.value] }).map { Array($0.utf8) }
    }
}
