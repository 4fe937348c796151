// One answer, from the question to its end, over the browser's own EventSource.
//
// EventSource reconnects by itself with Last-Event-ID and the server goes on without a gap, so a
// dropped connection is a state here, not an end. What this must never do is ask twice: a second
// generation costs money. So every question has a key, under which it is answered once, and once
// the answer's id is known only that is asked for. A question that did not get through at all is
// not tried again in silence: that is left to the user.

import { fetchState } from "./history.js";
import { request, user } from "./session.js";

const maxQueryBytes = 2000; // longer questions are posted: proxies cut long URLs
const maxWaitForID = 10_000; // ms that Stop waits to learn which stream to stop
const maxQuiet = 3000; // ms that a connection may take before the reader is told
const maxLeaving = 300; // ms between the failed requests of a page that is left and its end
const minSilence = 3000; // ms without an event, after which a connection may have died in its sleep
const firstWait = 1000; // ms before a server that was not there is asked again, then twice that
const maxWait = 16_000;

export class AnswerStream {
  /**
   * `listener` is told what happens, in this order: `identified(id)` and `started(model)`, then
   * `text(part)`, `reasoning(part)` and `connection(state)` as they come, `restarted()` where
   * all of it comes again, `restored(text)` where the text is to be replaced; and once, last,
   * `ended({status, message})`. After a stop `identified(id)` may still follow. The state of the
   * connection is "open", "waiting" or "lost".
   */
  constructor(conversation, listener) {
    this.conversation = conversation;
    this.listener = listener;
    this.source = null;
    this.address = "";
    this.id = null;
    this.position = -1; // number of the last event seen
    this.lastEventID = "";
    this.resumedAfter = -1; // events up to this number were seen before a reconnect
    this.heardAt = Date.now(); // the last sign of life of the connection, 0 while there was none
    this.finish = null;
    this.isEnded = false;
    this.isStopped = false;
    this.isResting = false;
    this.isReplayable = false; // a reconnect without an id attaches instead of asking again
    this.isOfRecord = false;
    this.timer = 0;
    this.waiting = 0; // the timer of a connection that does not come
    this.wait = firstWait;
  }

  /**
   * Asks {prompt, conversation, model, key}. `isAgain`: the key may have its answer already, so
   * that a connection that fails is tried again. `posting`: over POST even if short, where a
   * refusal can be read in words.
   */
  ask({ prompt, conversation, model, key }, { isAgain = false, posting = false } = {}) {
    // The reader who left comes back for the answer, or finds it in the history.
    const asked = { prompt, conversation, model, on_disconnect: "finish" };
    const fields = Object.entries(asked).filter(([, value]) => value);
    const query = new URLSearchParams([...fields, ["stream", key]]).toString();
    this.isReplayable = isAgain;
    // A cookie asks by POST alone, by which browsers always say which page it is.
    if (posting || user || query.length > maxQueryBytes) this.post({ ...Object.fromEntries(fields), id: key });
    else this.listen(`/chat/stream?${query}`);
  }

  /** Reads the answer with this id, from its beginning. */
  attach(id) {
    this.isReplayable = true;
    this.id = id;
    if (!this.isResting) this.listen(this.path);
  }

  /**
   * Gives the connection back while nobody looks, since a browser has six for all its tabs; the
   * answer goes on at the server, and `wake` goes on here. A question gets through first.
   */
  rest() {
    if (this.isEnded) return;
    this.isResting = true;
    if (this.id !== null) this.close();
  }

  /** Leaves the answer, which goes on at the server. */
  detach() {
    this.isEnded = true;
    this.close();
  }

  /** To be called when the page may have slept: looks whether the connection is alive. */
  wake() {
    if (this.isEnded) return;
    if (this.isResting) this.goOn();
    else if (this.timer) this.lookAgain();
    // What came before the sleep may be handed over only now, so the connection is given a while.
    else if (!this.listenAgainIfSilent()) setTimeout(() => this.listenAgainIfSilent(), minSilence);
  }

  goOn() {
    this.isResting = false;
    if (this.id === null) return;
    const after = new URLSearchParams({ last_event_id: this.lastEventID });
    this.listenAgain(this.lastEventID ? `${this.path}?${after}` : this.path);
  }

  listenAgainIfSilent() {
    const isOpen = !this.isEnded && this.source?.readyState === EventSource.OPEN;
    const isSilent = Date.now() - this.heardAt >= minSilence;
    if (isOpen && isSilent) this.listenAgain();
    return isOpen && isSilent;
  }

  /** Ends the answer here at once; one without an id is waited for a while, to learn it. */
  stop() {
    if (this.isEnded) return;
    this.isStopped = true;
    if (this.id === null) setTimeout(() => this.close(), maxWaitForID);
    this.end({ status: "stopping" }, this.id !== null);
  }

  async post(body) {
    let response;
    let answer;
    this.expectConnection();
    try {
      response = await request("/api/streaming?format=events", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      this.connected();
      answer = await response.json().catch(() => ({}));
    } catch {
      this.endUnheard("unreachable");
      return;
    }
    if (!response.ok || !answer.id) {
      const message = answer.error?.message ?? `The server said ${response.status}.`;
      this.end({ status: "refused", message });
      return;
    }
    this.isReplayable = true;
    this.learn(answer.id);
    if (this.isEnded || this.isResting) return;
    this.listen(`/api/streaming?${new URLSearchParams({ id: answer.id, format: "events" })}`);
  }

  listen(url) {
    const source = new EventSource(url);
    this.source = source;
    this.address = url;
    this.expectConnection();
    const on = (name, handle) => source.addEventListener(name, (event) => {
      if (source === this.source && this.accepts(event)) handle(event.data);
    });
    on("start", (data) => this.listener.started(readJSON(data).model ?? ""));
    on("token", (data) => this.listener.text(data));
    on("refusal", (data) => this.listener.text(data));
    on("restored", (data) => this.listener.restored(readJSON(data).content ?? ""));
    on("reasoning", (data) => this.listener.reasoning(data));
    source.addEventListener("finish", (event) => (this.finish = readJSON(event.data)));
    source.addEventListener("done", () => this.end(this.finish ?? { status: "complete" }));
    source.addEventListener("open", () => {
      if (source === this.source) this.connected();
    });
    source.addEventListener("error", (event) => {
      if (source !== this.source) return;
      // The server's `event: error` shares its name with EventSource's own.
      if (typeof event.data === "string") this.failed(readJSON(event.data));
      else this.disconnected();
    });
  }

  // A browser has six connections for all its windows, and lets whoever wants a seventh wait.
  expectConnection() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (!this.isEnded) this.listener.connection("waiting");
    }, maxQuiet);
  }

  connected() {
    this.heardAt = Date.now();
    clearTimeout(this.waiting);
    if (!this.isEnded) this.listener.connection("open");
  }

  /** Reads again, past what was seen. */
  listenAgain(url = this.id === null ? this.address : this.path) {
    this.source?.close();
    this.resumedAfter = this.position;
    this.heardAt = 0;
    this.listen(url);
    // The browser may have sent this into another connection that died; closing it takes that one
    // out of its pool.
    const { source } = this;
    setTimeout(() => {
      const isHere = source === this.source && !this.isEnded && !this.isResting;
      if (isHere && this.heardAt === 0) this.listenAgain();
    }, Math.max(this.wait, minSilence));
    this.wait = Math.min(2 * this.wait, maxWait);
  }

  /** Whether the event is news of this answer; learns the answer's id from the first one. */
  accepts(event) {
    this.heardAt = Date.now();
    const dot = event.lastEventId.lastIndexOf(".");
    if (dot > 0) {
      const id = event.lastEventId.slice(0, dot);
      const place = event.lastEventId.slice(dot + 1);
      if (place.startsWith("r") && !this.isOfRecord) this.turnToRecord(event);
      const number = Number(place.replace("r", ""));
      if (this.id === null) this.learn(id);
      else if (this.id !== id) this.end({ status: "lost" }); // an answer to something else
      if (number <= this.resumedAfter) return false;
      this.position = number;
      this.lastEventID = event.lastEventId;
      this.wait = firstWait;
    }
    return !this.isEnded;
  }

  // The server has the answer only in its history now, where events are counted in another way: it
  // tells all of it from the start, or the whole text in one event.
  turnToRecord({ type }) {
    this.isOfRecord = true;
    this.position = -1;
    this.resumedAfter = -1;
    if (type === "start") this.listener.restarted();
  }

  learn(id) {
    this.id = id;
    this.listener.identified(id);
    if (this.isStopped || this.isResting) this.close();
  }

  get path() {
    return `/chat/streams/${encodeURIComponent(this.id)}`;
  }

  failed({ status = "upstream_error", error }) {
    this.end({ status, message: error?.message ?? "" });
  }

  disconnected() {
    this.heardAt = Date.now();
    if (this.isEnded) {
      this.source.close();
    } else if (this.finish) {
      this.end(this.finish); // all was said; only the goodbye is missing
    } else if (this.source.readyState === EventSource.CLOSED) {
      if (this.id === null) this.endUnheard("refused");
      else this.lookLater();
    } else if (this.id === null && !this.isReplayable) {
      this.close();
      this.endUnheard("unreachable");
    } else {
      this.resumedAfter = this.position;
      clearTimeout(this.waiting);
      this.listener.connection("lost");
    }
  }

  // EventSource has given up: on the end (204), on a proxy without a server behind it (502), or on
  // an answer that the server does not have any more.
  lookLater() {
    this.listener.connection("lost");
    this.timer = setTimeout(() => this.lookAgain(), this.wait);
    this.wait = Math.min(2 * this.wait, maxWait);
  }

  async lookAgain() {
    clearTimeout(this.timer);
    this.timer = 0;
    const state = await fetchState(this.conversation, this.id);
    if (this.isEnded || this.isResting || this.timer) return;
    if (state === null) this.lookLater();
    else if (state === "gone") this.end({ status: "lost" });
    else this.listenAgain();
  }

  // A page that is being left sees its requests fail before it goes; that is no word of the server.
  endUnheard(status) {
    setTimeout(() => this.end({ status }), maxLeaving);
  }

  end(ending, isClosing = true) {
    if (this.isEnded) return;
    this.isEnded = true;
    if (isClosing) this.close();
    this.listener.ended(ending);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.waiting);
    this.timer = 0;
    this.source?.close();
  }
}

function readJSON(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
