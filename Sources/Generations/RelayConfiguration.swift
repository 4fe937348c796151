package import ChatFormats
import Upstream
import Wire

/// What the relay is configured with; the same for all loops.
package struct RelayConfiguration: Sendable {
    /// A server of models.
    package struct Upstream: Sendable, Equatable {
        /// Its name in logs and records: `openai`, `anthropic`, `simulator`.
        package var name: String
        /// The protocol it speaks.
        package var provider: Provider
        /// Its base URL without a final slash.
        package var baseURL: String
        /// The credential; nil where the upstream wants none.
        ///
        /// Never logged.
        package var key: String?
        /// The model that is asked for where the client names none.
        package var model: String
        /// Whether nobody has named that model: it is the vendor's default, which another server
        /// that speaks the protocol may not have.
        package var hasVendorsModel = false
        /// Whether proxies named in the environment are bypassed.
        package var bypassesProxy: Bool
        /// Which models it is asked for, and who is asked in its place.
        package var serves = ServedModels()
        /// How many answers it may give at once; nil for what holds for all upstreams.
        package var maxGenerations: Int?
        /// Its own clocks.
        package var clocks = UpstreamClocks()
        /// What its requests have beside those of its protocol.
        package var style = RequestStyle()
        /// What its models cost, by its own names for them.
        package var prices: [String: ModelPrice] = [:]

        /// The variable that holds its key, for errors; nil where none does.
        package var keyVariable: String?
        /// The variable that holds its base URL, for errors; nil where none does.
        package var addressVariable: String?
        /// The path that is asked, where it is not the one for chat.
        var path: String?

        /// What nobody may be shown, in whatever text it comes back.
        var secrets: [String] {
            (key.map { [$0] } ?? []) + style.secrets + Redaction.secrets(inURL: baseURL)
        }

        /// Describes an upstream.
        ///
        /// Unless `bypassesProxy` says otherwise, one on this machine is reached directly: a proxy
        /// elsewhere would look for it on its own.
        package init(
            name: String,
            provider: Provider,
            baseURL: String,
            key: String?,
            model: String,
            bypassesProxy: Bool? = nil
        ) {
            self.name = name
            self.provider = provider
            self.baseURL = baseURL
            self.key = key
            self.model = model
            self.bypassesProxy = bypassesProxy ?? ProxyVariables.isLoopback(baseURL)
        }
    }

    /// Where answers come from; the first is the default.
    ///
    /// Never empty.
    package var upstreams: [Upstream]
    /// The longest wait for the head of an upstream's answer.
    package var headSeconds = 90
    /// The longest wait from that head to the first data: a model may think, which is paid.
    package var firstDataSeconds = 600
    /// The longest wait between two data events of the upstream; comments do not count.
    package var idleSeconds = 120
    /// The longest time from the request to the end of the answer.
    package var totalSeconds = 3600
    /// How long all attempts together may take until one is answered: after that no further one is
    /// made.
    package var retryBudgetSeconds = 95
    /// By what names the clocks are set, for messages.
    package var clockNames: [UpstreamClock: String] = [:]
    /// How many attempts in a row fail before an upstream is left out for a while.
    package var breakerFailures = 5
    /// How long it is left out, before one attempt tries it again.
    package var breakerSeconds = 20
    /// How many answers one upstream may give at once; nil for any number.
    package var maxGenerations: Int?
    /// How many answers may wait for one upstream.
    package var maxQueued = 100
    /// How long an answer waits for its upstream.
    package var queueSeconds = 30
    /// How often a failed call is repeated while nothing of the answer has come.
    package var maxRetries = 2
    /// The longest silence on a stream before it is filled.
    package var keepAliveSeconds = 10
    /// How long a POST waits for the upstream's verdict before its status is settled as 200.
    package var headHoldSeconds = 8
    /// What happens when the last reader leaves, where the request does not say.
    ///
    /// Nil is `grace:30`, and `cancel` where nobody can come back: on OpenAI's route without a key
    /// and a conversation, whose clients stop an answer by leaving.
    package var onDisconnect: OnDisconnect?
    /// How much may be held up for a reader: with more, it holds up the upstream if it is alone,
    /// and is cut off where others keep up.
    ///
    /// In bytes of memory: what it lacks of the log, and its own unsent output.
    package var readerBufferBytes = 160 * 1024
    /// How much of a running answer is in memory at most; what comes before is read back from the
    /// journal.
    ///
    /// In bytes, five of them for each entry beside its text.
    package var logWindowBytes = 256 * 1024
    /// A client that takes nothing for this long, though there is something for it, is cut off.
    package var stallSeconds = 60
    /// The longest answer, in bytes of text.
    package var maxAnswerBytes = 64 * 1024 * 1024
    /// How long an ended answer is kept for a reader that comes back.
    package var resumeSeconds = 600
    /// Ended answers without readers are kept up to this much, per loop: the end of one may have
    /// been lost on its way, or its reader may still come.
    package var keptBytes = 16 * 1024 * 1024
    /// How many answers with a client's key are kept at a time, for all loops; 503 above.
    package var maxKeys = 65_536
    /// How much goes upstream at most: the past of a conversation together with what is asked now;
    /// 0 for no past.
    ///
    /// In tokens, as estimated.
    package var contextTokens = 8000
    /// How much memory answers, clients and requests may hold until new answers have to wait, in
    /// bytes.
    package var maxMemoryBytes = Int.max
    /// What answers go through before anybody reads them; nil for nothing.
    package var filters: FilterList?
    /// Whether each piece of an answer gets a line of the log.
    package var logsContent = false
    /// Other origins whose pages may ask, such as `https://chat.example.com`; `*` for all.
    package var corsOrigins: [String] = []
    /// Names other than `localhost` and plain addresses under which the relay is reached.
    package var hosts: [String] = []

    /// What an upstream's model costs; nil where that is not known.
    package func price(of source: GenerationRecord.Source) -> ModelPrice? {
        for upstream in upstreams where !upstream.prices.isEmpty {
            if equals(upstream.name, source.upstream) { return upstream.prices[source.model] }
        }
        return nil
    }

    /// Describes a relay with one or more upstreams and defaults for the rest.
    package init(upstreams: [Upstream]) {
        precondition(!upstreams.isEmpty, "somebody has to answer")
        self.upstreams = upstreams
    }
}
