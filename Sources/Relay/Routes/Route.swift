import Access
import ChatFormats
import Generations
import HTTPServer
import Wire

/// What a request is for, by its method and path alone.
enum Route: Equatable, Sendable {
    /// A chat request that is answered by a stream.
    case chat(ChatRoute)
    /// The first step of two: a chat request that is answered by an id.
    case announce
    /// The second step: the stream of an announced request.
    case announced
    /// An answer by its id: read it, or stop it.
    case stream(id: String)
    case stop(id: String)
    /// What was said before: records, conversations, and one of them.
    case history
    case conversations
    case conversation(id: String)
    case deleteConversation(id: String)
    /// A request that the model's upstream answers itself.
    case passed(PassedRoute)
    case models
    case model(id: String)
    /// A ticket for a stream, in exchange for a credential.
    case ticket
    /// The page on which one logs in; the beginning of a session, and its end.
    case loginPage
    case logIn
    case logOut
    case health
    case readiness
    /// The methods of a path, for a client that only asks for them.
    case options(methods: String)
    case file

    /// The routes, with the methods each takes.
    static let table: [(path: String, methods: [(Wire.Method, Route)])] = [
        ("/chat/stream", [(.get, .chat(.stream)), (.post, .chat(.stream))]),
        ("/stream-chat", [(.post, .chat(.streamChat))]),
        ("/api/streaming", [(.get, .announced), (.post, .announce)]),
        ("/chat/completions", [(.post, .chat(.completions))]),
        ("/v1/chat/completions", [(.post, .chat(.openAI))]),
        ("/chat/history", [(.get, .history)]),
        ("/chat/conversations", [(.get, .conversations)]),
        ("/chat/tickets", [(.post, .ticket)]),
        ("/v1/models", [(.get, .models)]),
        ("/v1/embeddings", [(.post, .passed(.embeddings))]),
        ("/v1/completions", [(.post, .passed(.completions))]),
        ("/login", [(.get, .loginPage), (.post, .logIn)]),
        ("/logout", [(.post, .logOut)]),
        ("/", [(.get, .file), (.head, .file)]),
        ("/healthz", [(.get, .health)]),
        ("/readyz", [(.get, .readiness)]),
    ]

    /// Finds the route.
    ///
    /// - Throws: 405 with the possible methods, 501 for a method that is possible nowhere, 404
    ///   where neither a route nor a file can be meant.
    static func match(_ head: RequestHead) throws(Problem) -> Route {
        if case .other(let name) = head.method {
            throw .invalid(.notImplemented, "the method \(name) is not known here")
        }
        if head.target == "*" { return .options(methods: "GET, HEAD, POST, DELETE, OPTIONS") }
        if let methods = methods(at: head.path) { return try chosen(head, methods) }
        if let path = RoutePath.tidied(head.path), let methods = methods(at: path) {
            return try chosen(head, methods)
        }
        // A library whose base URL lacks `/v1`.
        if OpenAIClient.sent(head),
            let methods = methods(at: "/v1" + (RoutePath.tidied(head.path) ?? head.path))
        {
            return try chosen(head, methods)
        }
        switch head.method {
        case .get, .head:
            // A folder of files has none of these, and a client of theirs reads no page.
            if UnknownPath(head).isForeignAPI { throw unknown(head) }
            return .file
        case .options: return .options(methods: "GET, HEAD, OPTIONS")
        default: throw unknown(head)
        }
    }

    private static func chosen(
        _ head: RequestHead,
        _ methods: [(Wire.Method, Route)]
    ) throws(Problem) -> Route {
        let route = try match(head, methods)
        // A library whose base URL lacks `/v1` cannot read what pages get here.
        if route == .chat(.completions), OpenAIClient.sent(head) { return .chat(.openAI) }
        return route
    }

    /// What is possible on a path; nil where it is no route's.
    private static func methods(at path: String) -> [(Wire.Method, Route)]? {
        if let id = streamID(path) { return [(.get, .stream(id: id)), (.delete, .stop(id: id))] }
        if let id = conversationID(path) {
            return [(.get, .conversation(id: id)), (.delete, .deleteConversation(id: id))]
        }
        if let id = modelID(path) { return [(.get, .model(id: id))] }
        return table.first { $0.path == path }?.methods
    }

    private static func match(
        _ head: RequestHead,
        _ methods: [(Wire.Method, Route)]
    ) throws(Problem) -> Route {
        if let route = methods.first(where: { $0.0 == head.method }) { return route.1 }
        if head.method == .head, let get = methods.first(where: { $0.0 == .get })?.1,
            get.answersHead
        {
            return get
        }
        let allowed = allowedMethods(methods)
        if head.method == .options { return .options(methods: allowed) }
        throw .invalid(
            .methodNotAllowed,
            "\(head.method.name) is not possible on \(head.path); \(allowed) are",
            fields: ["Allow": allowed]
        )
    }

    private static func allowedMethods(_ methods: [(Wire.Method, Route)]) -> String {
        var names: [String] = []
        for (method, route) in methods {
            names.append(method.name)
            if method == .get, route.answersHead { names.append(Wire.Method.head.name) }
        }
        return (names + [Wire.Method.options.name]).joined(separator: ", ")
    }

    /// Whether a HEAD is a GET without the content.
    ///
    /// For a chat route it would make an answer that nobody reads. Files decide that themselves.
    private var answersHead: Bool {
        switch self {
        case .history, .conversations, .conversation, .health, .readiness: true
        case .models, .model, .loginPage: true
        case .ticket, .logIn, .logOut: false
        case .chat, .passed, .announce, .announced, .stream, .stop: false
        case .deleteConversation, .options, .file: false
        }
    }

    /// The answer where there is no route, with those that may have been meant.
    static func unknown(_ head: RequestHead) -> Problem {
        let routes: [String]
        switch head.method {
        case .delete: routes = ["/chat/streams/{id}", "/chat/conversations/{id}"]
        case .head: routes = paths(for: .get)
        default: routes = paths(for: head.method)
        }
        return UnknownPath(head).problem(routes: routes)
    }

    private static func paths(for method: Wire.Method) -> [String] {
        table.filter { $0.methods.contains { $0.0 == method } }.map(\.path)
    }

    private static func streamID(_ path: String) -> String? {
        guard let id = rest(of: path, after: "/chat/streams/") else { return nil }
        return id.isEmpty || id.contains("/") ? nil : id
    }

    /// A conversation's id is its client's own, and may hold slashes.
    private static func conversationID(_ path: String) -> String? {
        rest(of: path, after: "/chat/conversations/").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A model's id is its upstream's own, and may hold slashes.
    private static func modelID(_ path: String) -> String? {
        guard let id = rest(of: path, after: "/v1/models/") else { return nil }
        return id.allSatisfy { $0 == "/" } ? nil : id
    }

    /// What follows a prefix, byte by byte: an id may begin with a combining mark, which makes
    /// another character of the slash.
    private static func rest(of path: String, after prefix: StaticString) -> String? {
        let (bytes, count) = (path.utf8, prefix.utf8CodeUnitCount)
        guard bytes.count >= count, equals(path.utf8.span.extracting(0..<count), prefix) else {
            return nil
        }
        return String(Substring(bytes.dropFirst(count)))
    }

    /// How long a body may be that nothing is read from.
    static let maxUnreadBytes = 64 * 1024

    /// How errors are written for a request.
    ///
    /// - Parameters:
    ///   - head: the request's, perhaps without its fields.
    ///   - route: the route that took it, if any.
    /// - Returns: nil for the server's own form.
    static func errorShape(of head: RequestHead, _ route: Route?) -> ErrorShape? {
        let path = RoutePath.tidied(head.path) ?? head.path
        switch route {
        case .passed, .models, .model: return .openAI
        default: break
        }
        if route == .chat(.openAI) || path.hasPrefix("/v1/chat/") { return .openAI }
        if path.hasPrefix("/v1/messages") || path == "/v1/complete" { return .anthropic }
        if path.hasPrefix("/v1/") || path.hasPrefix("/openai/") { return .openAI }
        if path.hasPrefix("/api/"), path != "/api/streaming", UnknownPath(head).isForeignAPI {
            return .ollama
        }
        // A library's base URL may lack `/v1`, or have it twice.
        let isFile = path == "/" || path.contains(".")
        return route == nil && !isFile && OpenAIClient.sent(head) ? .openAI : nil
    }

    /// What becomes of the body: most routes are told nothing by it.
    var body: Admission {
        switch self {
        case .chat, .passed, .announce: .read()
        case .logIn: .read(upTo: LoginBody.maxBytes)
        case .announced, .stream, .stop, .history, .conversations, .conversation,
            .deleteConversation, .models, .model, .ticket, .loginPage, .logOut, .health, .readiness,
            .options, .file:
            .ignore(upTo: Self.maxUnreadBytes)
        }
    }

    /// What a request would do here, as far as that matters for who may ask.
    func demand(_ head: RequestHead) -> Gate.Demand {
        switch self {
        // Whoever names an event reads an answer on, by any method.
        case .chat where StreamPosition.isIn(head), .announce where StreamPosition.isIn(head):
            .answers(.read)
        case .chat where head.method == .get: .generationByGet
        case .chat, .passed, .announce, .stop: .answers(.chat)
        case .announced, .stream: .answers(.read)
        case .history, .conversations, .conversation: .answers(.read)
        case .deleteConversation: .answers(.delete)
        case .models, .model: .knowledge
        case .ticket: .ticket
        case .logIn, .logOut: .session
        case .loginPage, .health, .readiness, .options, .file: .nothing
        }
    }

    /// Whether it is answered by a file of the page.
    var isOfPage: Bool {
        switch self {
        case .file, .loginPage: true
        default: false
        }
    }

    /// What a ticket in the query may be used for.
    func tickets(_ head: RequestHead) -> TicketUse {
        switch self {
        case .chat(.stream) where head.method == .get, .stream, .announced:
            StreamPosition.isInFields(of: head) ? .readingOn : .opening
        default: .nothing
        }
    }
}

/// The chat routes: what they read, and what they write by default.
enum ChatRoute: Equatable, Sendable {
    case stream
    case streamChat
    case completions
    case openAI

    var dialect: Dialect {
        switch self {
        case .stream: .events
        case .streamChat: .text
        case .completions: .content
        case .openAI: .openai
        }
    }

    /// Reads a body.
    func request(_ body: Span<UInt8>) throws(ChatRequestError) -> ChatRequest {
        switch self {
        case .stream, .streamChat, .completions: try ChatRequest(relayBody: body)
        case .openAI: try ChatRequest(openAIBody: body)
        }
    }

    /// What happens to an answer whose client leaves and gave no name to come back for it by.
    var onDisconnect: OnDisconnect {
        switch self {
        case .stream, .streamChat, .completions: .standard
        // OpenAI's clients can say Stop only by leaving, and none comes back.
        case .openAI: .cancel
        }
    }
}
