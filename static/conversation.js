// One conversation on the page: what was said, and the answer that is being given.

import { keepFocus } from "./focus.js";
import { fetchAnswer, fetchTurns, nothing } from "./history.js";
import { AnswerView, canAskAgain, createButton, createNotice, createQuestion } from "./message.js";
import * as running from "./running.js";
import * as stops from "./stops.js";
import { AnswerStream } from "./stream.js";
import { Transcript } from "./transcript.js";

const maxQuiet = 3000; // ms that the server may take before the reader is told
const maxUncertainty = 60_000; // ms after which the server may have forgotten a key

export class Conversation {
  /**
   * `page` is told what happens: `activity(isActive)`, `connection(state)`, `text(part)`,
   * `ended(words)`, `changed()` after what list and title show, `drawn()` after what has a height;
   * `restored()` after what was said before; `keepPlace(change)` makes a change above what is read.
   * `isNew`: nobody asked in it before.
   */
  constructor(id, log, page, isNew) {
    this.id = id;
    this.log = log;
    this.transcript = new Transcript(log);
    this.page = page;
    this.isNew = isNew;
    this.elsewhere = []; // turns that the server says are running, of this device or another
    this.current = null; // {question, view, stream} of the answer that is being given
    this.isLeft = false;
  }

  get isEmpty() {
    return this.transcript.isEmpty;
  }

  get firstQuestion() {
    return this.transcript.firstQuestion;
  }

  // ---- Asking

  /** Sends a question and shows it. */
  send(prompt, model) {
    this.ask({ conversation: this.id, prompt, model }, createQuestion(prompt));
  }

  /** Asks again what the answer in `view` was to. */
  retry(view) {
    const { ending } = view.element.dataset;
    // Whoever did not hear of the server asks under the same key: it may have the question.
    const isAgain = ending === "unreachable" || ending === "unknown";
    const key = isAgain ? view.question.key : undefined;
    const { conversation, prompt, model } = view.question;
    // Posted, because the words of a refusal cannot be read through EventSource.
    this.ask({ conversation, prompt, model, key }, null, { posting: ending === "refused" });
  }

  ask(asked, element, options) {
    const question = {
      ...asked,
      key: asked.key ?? newID(),
      askedAt: Date.now(),
      after: this.transcript.lastID,
    };
    running.set(question);
    this.begin(question, element).ask(question, options);
    this.page.changed();
  }

  stop() {
    if (!this.current) return;
    const { question, stream } = this.current;
    stream.stop();
    stops.keep(question);
  }

  /** Shows what became of the stop of the question with this key. */
  stopTold(key, isDelivered) {
    return this.transcript.find(key)?.view.stopTold(isDelivered);
  }

  /** Nobody looks: the connection is given back. */
  rest() {
    this.current?.stream.rest();
    this.page.connection("open");
  }

  /** The reader goes elsewhere; the answer goes on at the server. */
  leave() {
    this.isLeft = true;
    this.current?.stream.detach();
  }

  // ---- Coming back

  /** Shows what the server has of it and the page has not, and attaches to what still runs. */
  async catchUp() {
    this.current?.stream.wake();
    const waiting = setTimeout(() => {
      if (!this.current && !this.isLeft) this.page.connection("waiting");
    }, maxQuiet);
    await stops.deliver(); // or what was stopped would be read on
    const past = this.isNew ? nothing : await fetchTurns(this.id).catch(() => null);
    clearTimeout(waiting);
    if (this.isLeft) return;
    keepFocus(() => this.failure?.remove(), this.log);
    if (past) this.showTurns(past.turns, this.current?.element);
    if (past?.next && !this.earlier) this.showEarlierButton(past.next);
    if (past) this.elsewhere = past.running;
    this.attach();
    if (!past && !this.current) this.showFailure();
    if (!this.current) this.page.connection("open");
    this.page.restored();
    this.page.drawn();
  }

  /** Attaches to what runs: a question of this browser, or else one of another device. */
  attach() {
    this.attachOwn();
    this.attachElsewhere();
  }

  attachOwn() {
    const question = running.get(this.id);
    if (!question || this.current || this.isLeft) return;
    if (this.transcript.hasAnswer(question)) {
      running.remove(question);
      this.page.changed();
      return;
    }
    if (this.transcript.find(question.key)) return;
    // Whatever the page was told as it closed: the server has the question.
    const id = question.id ?? this.runningID(question);
    if (id && !question.id) running.update(question, { id, ending: undefined });
    const stream = this.begin(question, this.transcript.createQuestion(question.prompt));
    if (question.ending) this.finish({ status: question.ending, message: question.message });
    else if (question.id) stream.attach(question.id);
    else if (Date.now() - question.askedAt > maxUncertainty) this.finish({ status: "unknown" });
    else stream.ask(question, { isAgain: true });
  }

  /** Reads along as if it had been asked here; the server knows it, so this browser keeps nothing. */
  attachElsewhere() {
    const turn = this.elsewhere.find(({ answer }) => !this.transcript.find(answer.id));
    if (!turn || this.current || this.isLeft) return;
    const { prompt, answer } = turn;
    const stop = stops.of(answer.id);
    const asked = { conversation: this.id, prompt, model: modelOf(answer) };
    const question = { ...asked, id: answer.id, key: stop?.key ?? newID() };
    const stream = this.begin(question, this.transcript.createQuestion(prompt));
    if (stop) this.finish({ status: "stopping" });
    else stream.attach(answer.id);
  }

  // ---- The answer that is being given

  begin(question, element) {
    const view = new AnswerView(question, () => this.page.drawn());
    const stream = new AnswerStream(this.id, {
      identified: (id) => {
        running.update(question, { id });
        if (stream.isStopped) stops.keep(question);
        this.transcript.removeTurn(id); // the history was quicker
        view.element.dataset.id = id;
      },
      started: (model) => view.started(model),
      text: (part) => {
        view.appendText(part);
        this.page.text(part);
      },
      reasoning: (part) => view.appendReasoning(part),
      restarted: () => view.clear(),
      restored: (text) => view.replaceText(text),
      connection: (state) => this.page.connection(state),
      ended: (ending) => this.finish(ending),
    });
    if (document.hidden) stream.rest();
    view.element.dataset.key = question.key;
    if (question.id) view.element.dataset.id = question.id;
    this.current = { question, view, stream, element: element ?? view.element };
    if (element) this.log.append(element);
    this.log.append(view.element);
    this.page.activity(true);
    this.page.drawn();
    return stream;
  }

  async finish(ending) {
    const { question, view } = this.current;
    let outcome = ending;
    if (ending.status === "lost" && question.id) outcome = (await recover(view)) ?? ending;
    if (this.isLeft) return;
    this.current = null;
    // What no history has stays here for the next reload.
    const isAnswer = view.element.dataset.id && outcome.status !== "lost";
    if (isAnswer) this.isNew = false;
    if (isAnswer || outcome.status === "stopping") running.remove(question);
    else running.update(question, { ending: outcome.status, message: outcome.message });
    this.page.connection("open");
    this.page.activity(false);
    this.page.ended(view.end(outcome));
    this.page.changed();
    if (running.get(this.id)?.id) this.attachOwn(); // asked meanwhile in another tab
    this.attachElsewhere();
  }

  // ---- The past

  showTurns(turns, before) {
    const fragment = document.createDocumentFragment();
    let last = null;
    for (const { prompt, answer } of turns) {
      const isAskedAgain = last?.prompt === prompt && canAskAgain(last.answer.status ?? "complete");
      last = { prompt, answer };
      if (this.transcript.find(answer.id)) continue;
      if (prompt && !isAskedAgain) fragment.append(createQuestion(prompt));
      fragment.append(this.restored(prompt, answer));
    }
    this.log.insertBefore(fragment, before?.isConnected ? before : null);
    this.page.drawn();
  }

  restored(prompt, answer) {
    const asked = { conversation: this.id, prompt, model: modelOf(answer) };
    const view = new AnswerView(asked, () => {});
    if (answer.id) view.element.dataset.id = answer.id;
    view.started(answer.model ?? "");
    if (answer.reasoning) view.appendReasoning(answer.reasoning);
    if (answer.text) view.appendText(answer.text);
    view.end({ status: answer.status ?? "complete", message: answer.error?.message });
    return view.element;
  }

  showEarlierButton(next) {
    this.earlier = createButton("Show earlier messages", "earlier");
    this.earlier.addEventListener("click", () => this.showEarlier(next));
    this.log.prepend(this.earlier);
  }

  async showEarlier(before) {
    const button = this.earlier;
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    try {
      const { turns, next } = await fetchTurns(this.id, before);
      if (this.isLeft) return;
      this.page.keepPlace(() => keepFocus(() => {
        this.showTurns(turns, button.nextSibling);
        if (next) this.showEarlierButton(next);
        button.remove();
        return next && this.earlier;
      }, this.log));
    } catch {
      button.ariaBusy = "false";
    }
  }

  showFailure() {
    this.failure = createNotice("What was said here could not be loaded.");
    const again = createButton("Try again", "again");
    again.addEventListener("click", () => this.catchUp());
    this.failure.append(" ", again);
    this.log.append(this.failure);
  }

  /** The id of the answer to a question, where it runs. */
  runningID({ prompt, after }) {
    const turn = this.elsewhere.find((turn) => turn.prompt === prompt && turn.answer.id !== after);
    return turn?.answer.id;
  }
}

// Servers before this field say only who answered.
function modelOf({ model = "", requested_model: requested = model }) {
  return requested ?? "";
}

/** The ending of an answer whose stream is gone, from the history; its text is put in place. */
async function recover(view) {
  const { conversation, id } = view.question;
  const answer = await fetchAnswer(conversation, id).catch(() => null);
  if (!answer) return null;
  view.started(answer.model ?? "");
  view.replaceText(answer.text);
  return { status: answer.status, message: answer.error?.message };
}

/** 128 random bits; crypto.randomUUID is missing over plain HTTP from another machine. */
export function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
