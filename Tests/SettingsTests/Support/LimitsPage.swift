@testable import Access
@testable import ChatFormats
@testable import Generations
@testable import HTTPServer
@testable import Relay
@testable import Storage
@testable import Upstream
@testable import Wire
@testable import sse_relay

/// The tables of `docs/limits.md`: every limit with its default, from the sources that have it.
enum LimitsPage {
    /// One limit, and what meets who crosses it.
    struct Row {
        let what: String
        let limit: String
        let answer: String

        /// A limit that a variable sets.
        init(_ what: String, _ variable: Variable, _ unit: String = "", _ answer: String) {
            self.what = what
            let value = variable.fallback.isEmpty ? "none" : variable.fallback
            limit = "`\(variable.name)` = \(value)\(unit.isEmpty ? "" : " \(unit)")"
            self.answer = answer
        }

        /// A limit that is built in.
        init(_ what: String, _ limit: String, _ answer: String) {
            self.what = what
            self.limit = limit
            self.answer = answer
        }

        /// The status and the first words of a request's error.
        init(_ what: String, _ variable: Variable, _ unit: String, _ error: RequestError) {
            self.init(what, variable, unit, Self.answer(error))
        }

        static func answer(_ error: RequestError) -> String {
            "\(error.status.code) \(error.status.reason), and the connection closes"
        }
    }

    static var tables: String {
        table("A connection", connections) + table("A request", requests)
            + table("A caller", callers)
            + table("An answer", answers) + table("An upstream", upstreams)
            + table("An issuer of tokens", issuers) + table("The audit log", LogLimits.audits)
            + table("The log", LogLimits.lines)
    }

    private static func table(_ title: String, _ rows: [Row]) -> String {
        let lines = rows.map { "| \($0.what) | \($0.limit) | \($0.answer) |\n" }
        return "\n## \(title)\n\n| what | limit and default | beyond it |\n|---|---|---|\n"
            + lines.joined()
    }

    private static let limits = ServerLimits()

    private static var connections: [Row] {
        [
            Row(
                "connections of all clients",
                LimitSettings.maxConnections.variable,
                "",
                "503 `connections` with `Retry-After`; in a flood, \(Server.maxRefusedCount) at a"
                    + " time are told so on each loop, and the others are closed"
            ),
            Row(
                "connections of one address, or of one /64 network of IPv6",
                LimitSettings.maxConnectionsPerAddress.variable,
                "",
                "429 `connections_per_address` with `Retry-After`"
            ),
            Row(
                "requests on one connection",
                LimitSettings.maxRequests.variable,
                "",
                "the last answer has `Connection: close`"
            ),
            Row(
                "time of a connection as a whole",
                LimitSettings.connectionSeconds.variable,
                "s",
                "the next answer has `Connection: close`; one under way is never cut"
            ),
            Row(
                "time between two requests",
                LimitSettings.idleSeconds.variable,
                "s",
                "it is closed; after \(limits.crowdedIdleSeconds) s where three quarters of all"
                    + " connections are taken"
            ),
            Row(
                "time for a client to take some of what is sent",
                LimitSettings.stalledSeconds.variable,
                "s",
                "it is reset; the answer goes on as for any client that leaves"
            ),
            Row(
                "time for a client to acknowledge what is sent to it",
                LimitSettings.stalledSeconds.variable,
                "s",
                "the kernel drops it; a silent one is asked after"
                    + " \(ListeningSocket.probeAfterSeconds) s, and every"
                    + " \(ListeningSocket.probeEverySeconds) s then"
            ),
            Row(
                "PROXY preamble of a trusted proxy",
                "\(ProxyPreamble.maxLineBytes) bytes in version 1, \(ProxyPreamble.maxBytes) in 2",
                "400 `proxy_protocol`, and the connection closes"
            ),
            Row(
                "time for a PROXY preamble",
                LimitSettings.headSeconds.variable,
                "s",
                "408 Request Timeout, and the connection closes"
            ),
            Row(
                "proxies one after the other",
                "\(ClientSource.maxEntries)",
                "the client counts as the last of them"
            ),
            Row(
                "requests that wait for the one before (pipelined)",
                LimitSettings.maxPipelinedBytes.variable,
                "bytes",
                "no more is read until that one is answered"
            ),
            Row(
                "time for a client to close after a refusal",
                "\(limits.lingerSeconds) s",
                "it is closed"
            ),
            Row(
                "a refused request's body that is read past",
                "\(limits.maxDroppedBytes) bytes",
                "the connection closes with the answer"
            ),
        ]
    }

    private static var requests: [Row] {
        typealias Settings = LimitSettings
        return [
            Row("target", Settings.maxTargetBytes.variable, "bytes", .targetTooLong(limit: 0)),
            Row(
                "head, with its first line",
                Settings.maxHeadBytes.variable,
                "bytes",
                .headTooLarge(limit: 0)
            ),
            Row(
                "header lines, and trailer lines",
                Settings.maxFieldCount.variable,
                "",
                .tooManyFields(limit: 0)
            ),
            Row(
                "time for a head, from its first byte",
                Settings.headSeconds.variable,
                "s",
                "408 Request Timeout, and the connection closes"
            ),
            Row(
                "method",
                "\(RequestLimits.maxMethodBytes) bytes",
                Row.answer(.methodTooLong(limit: 0)) + "; 501 for a shorter one that is not known"
            ),
            Row("`CONNECT`", "none", Row.answer(.connectUnsupported)),
            Row(
                "empty lines before a request",
                "\(RequestLimits.maxLeadingEmptyLines)",
                Row.answer(.tooManyEmptyLines(limit: 0))
            ),
            Row(
                "body, decompressed",
                Settings.maxBodyBytes.variable,
                "bytes",
                "413 Content Too Large, as soon as it is passed"
            ),
            Row(
                "time for a body, after its head",
                Settings.bodySeconds.variable,
                "s",
                "408 Request Timeout, and the connection closes"
            ),
            Row(
                "bodies of all requests, until they are understood",
                Settings.bodyMemoryBytes.variable,
                "bytes",
                "503 `body_memory` with `Retry-After`; a compressed one counts"
                    + " \(Inflater.heldBytes) bytes more"
            ),
            Row(
                "line before a chunk",
                Settings.maxChunkLineBytes.variable,
                "bytes",
                .chunkLineTooLong(limit: 0)
            ),
            Row(
                "extensions of all chunks of a body",
                Settings.maxExtensionBytes.variable,
                "bytes",
                .extensionsTooLong(limit: 0)
            ),
            Row(
                "trailers",
                Settings.maxTrailerBytes.variable,
                "bytes",
                .trailersTooLarge(limit: 0)
            ),
            Row(
                "values in a body's JSON",
                "\(JSONLimits.stranger.maxValues)",
                "400 Bad Request: the four bytes of `[0],` take ninety in memory"
            ),
            Row(
                "depth of a body's JSON",
                "\(JSONLimits.stranger.maxDepth)",
                "400 Bad Request"
            ),
            Row(
                "combining marks in a row, in a body, a query or a header field",
                "\(CombiningMarks.maxRun)",
                "400 Bad Request: to compare long runs would hold up all other clients"
            ),
            Row(
                "`conversation`, `user` and other names, and an `Idempotency-Key`",
                "\(ChatRequestLimits.maxIdentifierBytes) and \(RequestKey.maxBytes) bytes",
                "400 Bad Request, which names it"
            ),
        ]
    }

    private static var callers: [Row] {
        let rates = RateSettings.group.variables.map { variable in
            let code = variable.name.lowercased().split(separator: "_").dropFirst(2)
            return Row(
                variable.summary,
                variable,
                "",
                "429 `\(code.joined(separator: "_"))` with `Retry-After`"
            )
        }
        return rates
    }

    private static var answers: [Row] {
        let upstream = RelayConfiguration.Upstream(
            name: "any",
            provider: .openAI,
            baseURL: "http://127.0.0.1",
            key: nil,
            model: "any"
        )
        let configuration = RelayConfiguration(upstreams: [upstream])
        return [
            Row(
                "memory of all answers, clients and bodies",
                QueueSettings.maxMemoryBytes.variable,
                "bytes",
                "new answers wait; where those that wait hold a quarter more, 503 `memory_full`"
            ),
            Row(
                "text of one answer",
                LimitSettings.maxAnswerBytes.variable,
                "bytes",
                "it ends as `upstream_error` with the code `too_long`"
            ),
            Row(
                "what an answer has beside its text, but for pictures and sound",
                "\(StreamMembers.maxBytes) bytes",
                "the rest is left out, and `relay_left_out` says how much"
            ),
            Row(
                "tool calls of one answer",
                "\(OpenCalls.maxCount)",
                "it ends as `upstream_error`"
            ),
            Row(
                "keys at a time",
                "\(configuration.maxKeys)",
                "503: the answers of older keys have to expire first"
            ),
            Row(
                "what a reader has not taken",
                StreamSettings.readerBufferBytes.variable,
                "bytes",
                "it holds up the upstream while it is alone, and is cut off where others keep up"
            ),
            Row(
                "answer in memory, where the journal has the rest",
                StreamSettings.logWindowBytes.variable,
                "bytes",
                "readers that are further behind read from the journal"
            ),
        ]
    }

    private static var upstreams: [Row] {
        [
            Row(
                "answers that it gives at once",
                QueueSettings.maxGenerations.variable,
                "",
                "others wait, each caller in turn; `events` tells the place"
            ),
            Row(
                "answers that wait for it",
                QueueSettings.maxQueued.variable,
                "",
                "503 `queue_full` with `Retry-After`; one caller may have a quarter of them"
            ),
            Row(
                "time that one waits for it",
                QueueSettings.queueSeconds.variable,
                "s",
                "503 `queue_timeout`, or the same as an event"
            ),
            Row(
                "line of its stream",
                "\(StreamDecoder.defaultMaxLineBytes) bytes",
                "the answer ends as `upstream_error` with the code `too_long`"
            ),
            Row(
                "line of its answer's head",
                "100 KB",
                "502 `header_too_large`"
            ),
            Row(
                "all lines of its head, of interim answers and of trailers",
                "\(Transfer.maxHeaderBytes) bytes",
                "502 `header_too_large`"
            ),
            Row(
                "content codings of its answer",
                "1",
                "502 `transfer_failed`"
            ),
            Row(
                "what 16 KB of its compressed answer come to",
                "64 MB",
                "502 `transfer_failed`, or the answer ends as `upstream_error`"
            ),
            Row(
                "body of its refusal",
                "\(UpstreamCall.maxErrorBodyBytes) bytes",
                "the rest is not read"
            ),
            Row(
                "its list of models",
                "\(ModelList.maxBytes) bytes, \(ModelList.maxModels) models",
                "the old list stays, or the others are left out"
            ),
            Row(
                "time for a connection to it",
                CallSettings.connectSeconds.variable,
                "s",
                "504 `connect_timeout`, after others were asked"
            ),
            Row(
                "time for its head",
                CallSettings.headSeconds.variable,
                "s",
                "504 `head_timeout`, after others were asked"
            ),
            Row(
                "time from its head to the first data",
                CallSettings.firstDataSeconds.variable,
                "s",
                "504 `first_data_timeout`"
            ),
            Row(
                "time between two events",
                CallSettings.idleSeconds.variable,
                "s",
                "the answer ends as `timeout` with the code `idle_timeout`"
            ),
            Row(
                "time of an answer as a whole",
                CallSettings.totalSeconds.variable,
                "s",
                "the answer ends as `timeout` with the code `total_timeout`"
            ),
        ]
    }

    private static var issuers: [Row] {
        [
            Row(
                "its key set",
                "\(KeySet.maxBytes) bytes, \(KeySet.maxKeys) keys",
                "the set before it stays"
            ),
            Row(
                "time for its key set",
                "\(KeySetCall.maxSeconds) s",
                "the set before it stays; without one, tokens get 503 `key_set_unavailable`"
            ),
            Row(
                "fetches that tokens with unknown keys cause",
                "1 in \(KeySetSchedule.demandSeconds) s",
                "401 at once; 503 `key_set_unavailable` while it cannot be fetched"
            ),
            Row(
                "age of a set that cannot be fetched again",
                "\(KeySetSchedule.maxAgeSeconds / 3600) hours",
                "503 `key_set_unavailable` with `Retry-After`"
            ),
        ]
    }
}
