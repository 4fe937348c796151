import Access
import ChatFormats
import Generations
import HTTPServer
import Wire

/// Everything that one chat request says: what to ask, and how to answer.
final class ChatCall {
    let request: ChatRequest
    /// Who asks.
    let caller: Caller
    let dialect: Dialect
    let onDisconnect: OnDisconnect
    /// In which steps the client wants what comes, in milliseconds; nil for at once.
    let smooth: Int?
    /// The client's own name for the question, if it gave one.
    let key: RequestKey?

    /// Reads a request of a chat route.
    ///
    /// - Parameters:
    ///   - request: a GET with a query, or a POST with a JSON body and perhaps `?format=`.
    ///   - query: the query's items.
    ///   - route: gives the shape of the body and the default dialect.
    ///   - fallback: what happens when the last reader leaves, unless the request says it; nil
    ///     leaves it to the route.
    ///   - caller: who asks.
    /// - Throws: 400 that names the field and what was expected.
    init(
        _ request: Request,
        _ query: QueryItems,
        _ route: ChatRoute,
        onDisconnect fallback: OnDisconnect?,
        _ caller: Caller
    ) throws(Problem) {
        var chat: ChatRequest
        let isGet = request.head.method == .get
        let body = isGet ? [] : try RequestText(request).bytes
        do throws(ChatRequestError) {
            if isGet {
                chat = try ChatRequest(query: query)
            } else {
                chat = try route.request(body.span)
            }
        } catch {
            throw ResponsesBody.problem(body.span) ?? Problem(error)
        }
        dialect = try Self.dialect(Self.option(query, "format") ?? chat.format) ?? route.dialect
        if let user = query["user"], chat.user == nil { chat.user = user }
        let isStream = isGet && Self.option(query, "id") == nil
        key = try RequestKeyReader.key(
            of: request.head,
            chat,
            idIn: isStream ? "stream" : "id",
            owner: caller.id
        )
        smooth = try Self.smooth(Self.option(query, "smooth") ?? chat.smooth)
        let asked = Self.option(query, "on_disconnect") ?? chat.onDisconnect
        let isAlone = key == nil && chat.conversation == nil
        onDisconnect =
            try asked.map(Self.onDisconnect) ?? fallback
            ?? (isAlone ? route.onDisconnect : .standard)
        self.request = chat
        self.caller = caller
    }

    /// The query's items; none where there is no query.
    static func query(_ head: RequestHead) throws(Problem) -> QueryItems {
        guard let items = QueryItems(head.query ?? "") else {
            throw .invalid(
                "the query cannot be read: expected name=value pairs in UTF-8 with"
                    + " percent-encoding",
                code: "query"
            )
        }
        return items
    }

    /// The dialect that a query names, if any.
    static func dialect(_ query: QueryItems) throws(Problem) -> Dialect? {
        try dialect(option(query, "format"))
    }

    /// In which steps a query wants what comes, in milliseconds.
    static func smooth(_ query: QueryItems) throws(Problem) -> Int? {
        try smooth(option(query, "smooth"))
    }

    private static func smooth(_ text: String?) throws(Problem) -> Int? {
        guard let text else { return nil }
        let range = Smoothing.milliseconds
        if let milliseconds = parseDecimal(text), range.contains(milliseconds) {
            return milliseconds
        }
        throw .invalid(
            "smooth",
            expected: "milliseconds from \(range.lowerBound) to \(range.upperBound)"
        )
    }

    /// A query's item; an empty one counts as absent, as in the rest of the query.
    private static func option(_ query: QueryItems, _ name: String) -> String? {
        query[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The dialect with this name; nil where none was named.
    private static func dialect(_ name: String?) throws(Problem) -> Dialect? {
        guard let name else { return nil }
        if let dialect = Dialect.named(name) { return dialect }
        let names = Dialect.all.map(\.name).joined(separator: ", ")
        throw .invalid("format", expected: "one of \(names)")
    }

    private static func onDisconnect(_ text: String) throws(Problem) -> OnDisconnect {
        if let value = OnDisconnect(text) { return value }
        throw .invalid(
            "on_disconnect",
            expected: "cancel, finish or grace:<seconds> up to \(OnDisconnect.maxGraceSeconds)"
        )
    }
}
