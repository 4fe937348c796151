// One answer, from the question to its end, over the browser's own EventSource.
//
// EventSource reconnects by itself with Last-Event-ID and the server goes on without a gap, so a
// dropped connection is a state here, not an end. What this must never do is ask twice: a second
// generation costs money. So a connection that fails before the first event (when a reconnect
// would look like a new question) is closed, and asking again is left to the user.

const maxQueryBytes = 2000; // longer questions are posted: proxies cut long URLs
const maxWaitForID = 10_000; // ms that Stop waits to learn which stream to stop

export class AnswerStream {
  /**
   * `question`: {prompt, conversation, model}. `listener` is told what happens, in this order:
   * `started(model)`, then `text(part)`, `reasoning(part)` and `connection(isConnected)` as they
   * come, and once, last, `ended({status, message})`.
   * `stopUncertain()` may follow a stop that the server could not be told of.
   */
  constructor(question, listener) {
    this.question = question;
    this.listener = listener;
    this.source = null;
    this.id = null;
    this.position = -1; // number of the last event seen
    this.resumedAfter = -1; // events up to this number were seen before a reconnect
    this.finish = null;
    this.isEnded = false;
    this.isReplayable = false; // a reconnect without an id attaches instead of asking again
  }

  /** Asks. `posting`: over POST even if short, where a refusal can be read in words. */
  ask({ posting = false } = {}) {
    const fields = Object.entries(this.question).filter(([, value]) => value);
    const query = new URLSearchParams(fields).toString();
    if (posting || query.length > maxQueryBytes) this.post(Object.fromEntries(fields));
    else this.listen(`/chat/stream?${query}`);
  }

  /** Ends the answer here at once and tells the server, as soon as it is known what to stop. */
  stop() {
    if (this.isEnded) return;
    const isKnown = this.id !== null;
    if (isKnown) {
      this.source?.close();
      this.cancel();
    } else {
      setTimeout(() => this.source?.close(), maxWaitForID);
    }
    this.end({ status: "stopped" }, isKnown);
  }

  async post(body) {
    let response;
    let answer;
    try {
      response = await fetch("/api/streaming?format=events", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      answer = await response.json().catch(() => ({}));
    } catch {
      this.end({ status: "unreachable" });
      return;
    }
    if (!response.ok || !answer.id) {
      const message = answer.error?.message ?? `The server said ${response.status}.`;
      this.end({ status: "refused", message });
      return;
    }
    this.isReplayable = true;
    this.learn(answer.id);
    if (this.isEnded) return;
    this.listen(`/api/streaming?${new URLSearchParams({ id: answer.id, format: "events" })}`);
  }

  listen(url) {
    const source = new EventSource(url);
    this.source = source;
    const on = (name, handle) => source.addEventListener(name, (event) => {
      if (this.accepts(event)) handle(event.data);
    });
    on("start", (data) => this.listener.started(readJSON(data).model ?? ""));
    on("token", (data) => this.listener.text(data));
    on("refusal", (data) => this.listener.text(data));
    on("reasoning", (data) => this.listener.reasoning(data));
    source.addEventListener("finish", (event) => (this.finish = readJSON(event.data)));
    source.addEventListener("done", () => this.end(this.finish ?? { status: "complete" }));
    source.addEventListener("open", () => {
      if (!this.isEnded) this.listener.connection(true);
    });
    source.addEventListener("error", (event) => {
      // The server's `event: error` shares its name with EventSource's own.
      if (typeof event.data === "string") this.failed(readJSON(event.data));
      else this.disconnected();
    });
  }

  /** Whether the event is news of this answer; learns the answer's id from the first one. */
  accepts(event) {
    const dot = event.lastEventId.lastIndexOf(".");
    if (dot > 0) {
      const id = event.lastEventId.slice(0, dot);
      const number = Number(event.lastEventId.slice(dot + 1));
      if (this.id === null) this.learn(id);
      else if (this.id !== id) this.end({ status: "lost" }); // an answer to something else
      if (number <= this.resumedAfter) return false;
      this.position = number;
    }
    return !this.isEnded;
  }

  learn(id) {
    this.id = id;
    if (!this.isEnded) return;
    this.source?.close();
    this.cancel();
  }

  failed({ status = "upstream_error", error }) {
    this.end({ status, message: error?.message ?? "" });
  }

  disconnected() {
    if (this.isEnded) {
      this.source.close();
    } else if (this.finish) {
      this.end(this.finish); // all was said; only the goodbye is missing
    } else if (this.source.readyState === EventSource.CLOSED) {
      this.end({ status: this.id === null ? "refused" : "lost" });
    } else if (this.id === null && !this.isReplayable) {
      this.end({ status: "unreachable" });
    } else {
      this.resumedAfter = this.position;
      this.listener.connection(false);
    }
  }

  end(ending, isClosing = true) {
    if (this.isEnded) return;
    this.isEnded = true;
    if (isClosing) this.source?.close();
    this.listener.ended(ending);
  }

  async cancel() {
    const path = `/chat/streams/${encodeURIComponent(this.id)}`;
    try {
      const response = await fetch(path, { method: "DELETE", keepalive: true });
      if (response.ok || response.status === 404) return;
    } catch {
      // Falls through: the server was not reached.
    }
    this.listener.stopUncertain();
  }
}

function readJSON(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
