/// One environment variable: the single place that `--help`, `--check` and the reading share.
struct Variable: Sendable {
    let name: String
    /// The value that holds where none is set; empty where there is none.
    let fallback: String
    let summary: String
    var kind = Kind.plain

    /// What may be shown of a value.
    enum Kind {
        case plain
        /// A URL or hosts, which may hold a user and a password.
        case address
        /// A credential: its last characters at most.
        case secret
    }

    static let all: [Variable] = [
        Variable(
            name: "OPENAI_API_KEY",
            fallback: "",
            summary: "the key for OpenAI or a server that speaks its protocol",
            kind: .secret
        ),
        Variable(
            name: "OPENAI_BASE_URL",
            fallback: "https://api.openai.com/v1",
            summary: "another server that speaks OpenAI's protocol; needs no key of its own",
            kind: .address
        ),
        Variable(
            name: "ANTHROPIC_API_KEY",
            fallback: "",
            summary: "the key for Anthropic; models named claude… go there",
            kind: .secret
        ),
        Variable(
            name: "ANTHROPIC_BASE_URL",
            fallback: "https://api.anthropic.com",
            summary: "another server that speaks Anthropic's protocol",
            kind: .address
        ),
        Variable(
            name: "RELAY_UPSTREAM",
            fallback: "",
            summary: "who answers by default: openai, anthropic or simulator; else the first set"
        ),
        Variable(
            name: "RELAY_MODEL",
            fallback: "",
            summary: "the model where a request names none"
        ),
        Variable(
            name: "RELAY_LISTEN",
            fallback: "127.0.0.1:8000",
            summary: "address and port to listen on; port 0 takes a free one",
            kind: .address
        ),
        Variable(
            name: "RELAY_ALLOW_ANONYMOUS",
            fallback: "0",
            summary: "1 to listen on an address that others can reach"
        ),
        Variable(
            name: "RELAY_HOSTS",
            fallback: "",
            summary: "host names under which the relay is reached, beside localhost; by commas",
            kind: .address
        ),
        Variable(
            name: "RELAY_CORS_ORIGINS",
            fallback: "",
            summary: "origins of other pages that may ask, by commas; * for all",
            kind: .address
        ),
        Variable(
            name: "RELAY_STATIC_DIR",
            fallback: "static",
            summary: "the folder of the page; empty for none"
        ),
        Variable(
            name: "RELAY_DATA_DIR",
            fallback: "data",
            summary: "the folder of history.jsonl and the journal"
        ),
        Variable(
            name: "RELAY_FSYNC",
            fallback: "interval",
            summary:
                "safe against a loss of power: interval (1 s), always (before the end) or never"
        ),
        Variable(
            name: "RELAY_JOURNAL",
            fallback: "1",
            summary: "0 keeps no journal: what ends the process then cuts its answers"
        ),
        Variable(
            name: "RELAY_HISTORY_ROTATE_MB",
            fallback: "1024",
            summary: "history.jsonl of this size becomes history-<n>.jsonl, in MiB; 0 for never"
        ),
        Variable(
            name: "RELAY_CONTEXT_TOKENS",
            fallback: "8000",
            summary: "a conversation's past goes upstream up to so many tokens; 0 for no past"
        ),
        Variable(
            name: "RELAY_LOOPS",
            fallback: "0",
            summary: "event loops, 1 to 64; 0 for one per core"
        ),
        Variable(
            name: "RELAY_KEEPALIVE_S",
            fallback: "10",
            summary: "longest silence on a stream before it is filled, 1 to 15 s"
        ),
        Variable(
            name: "RELAY_HEAD_HOLD_S",
            fallback: "8",
            summary: "how long a POST waits for the upstream's verdict before its 200, 0 to 15 s"
        ),
        Variable(
            name: "RELAY_ON_DISCONNECT",
            fallback: "grace:30",
            summary:
                "when the last reader leaves: cancel, finish or grace:<seconds>; else cancel on /v1"
        ),
        Variable(
            name: "RELAY_RESUME_S",
            fallback: "600",
            summary: "how long an ended answer is kept for a reader that lost its end, in s"
        ),
        Variable(
            name: "RELAY_READER_BUFFER",
            fallback: "163840",
            summary:
                "bytes held for a reader at which it holds up the upstream; cut off if others keep up"
        ),
        Variable(
            name: "RELAY_LOG_WINDOW",
            fallback: "262144",
            summary: "bytes of a running answer in memory; the rest is read back from the journal"
        ),
        Variable(
            name: "RELAY_MAX_BODY",
            fallback: "8388608",
            summary: "the largest request body in bytes"
        ),
        Variable(
            name: "RELAY_BODY_MEMORY",
            fallback: "67108864",
            summary: "bytes that the request bodies of all connections hold together; 503 beyond"
        ),
        Variable(
            name: "RELAY_MAX_ANSWER",
            fallback: "67108864",
            summary: "the longest answer in bytes of text"
        ),
        Variable(
            name: "RELAY_RETRIES",
            fallback: "2",
            summary: "how often a failed call is made again before its first token, 0 to 10"
        ),
        Variable(
            name: "RELAY_CONNECT_TIMEOUT_S",
            fallback: "10",
            summary: "until a connection to the upstream stands, in s"
        ),
        Variable(
            name: "RELAY_FIRST_BYTE_TIMEOUT_S",
            fallback: "120",
            summary: "until the upstream's first data, in s"
        ),
        Variable(
            name: "RELAY_IDLE_TIMEOUT_S",
            fallback: "120",
            summary: "between two data events of the upstream, in s"
        ),
        Variable(
            name: "RELAY_TOTAL_TIMEOUT_S",
            fallback: "3600",
            summary: "from the request to the end of the answer, in s"
        ),
        Variable(
            name: "RELAY_DRAIN_S",
            fallback: "30",
            summary: "how long answers may go on after SIGTERM, in s"
        ),
        Variable(
            name: "RELAY_LOG_REQUESTS",
            fallback: "1",
            summary: "1 for a line on stderr per request, 0 for none"
        ),
    ]
}
