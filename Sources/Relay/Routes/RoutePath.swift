/// The path of a route, as a client wrote it that joins a base URL and a path by hand: with a slash
/// at the end, with two in a row, with `/v1` twice.
///
/// Redirecting such a client would not do: on 301 and 302 most send a GET after a POST (RFC 9110
/// §15.4.2).
enum RoutePath {
    /// The path without what is too much.
    ///
    /// - Returns: nil where nothing is. What follows `/chat/conversations/` is its client's own id,
    ///   which may hold slashes, and stays.
    static func tidied(_ path: String) -> String? {
        let isTidy =
            !path.contains("//") && !path.hasPrefix("/v1/v1/")
            && (!path.hasSuffix("/") || path == "/")
        guard !isTidy else { return nil }
        var tidy = ""
        var rest = path[...]
        while true {
            rest = rest.drop { $0 == "/" }
            guard !rest.isEmpty else { break }
            let segment = rest.prefix { $0 != "/" }
            tidy += "/\(segment)"
            rest = rest[segment.endIndex...]
            if tidy == "/chat/conversations", rest.count > 1 { return tidy + rest }
        }
        while tidy.hasPrefix("/v1/v1/") { tidy.removeFirst("/v1".count) }
        return tidy.isEmpty ? "/" : tidy
    }
}
