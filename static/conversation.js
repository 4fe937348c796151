// One conversation on the page: what was said, and the answer that is being given.

import { fetchAnswer, fetchTurns, nothing } from "./history.js";
import { AnswerView, createButton, createNotice, createQuestion } from "./message.js";
import * as running from "./running.js";
import { AnswerStream } from "./stream.js";

const maxUncertainty = 60_000; // ms after which the server may have forgotten a key

export class Conversation {
  /**
   * `page` is told what happens: `activity(isActive)`, `connection(isConnected)`, `text(part)`,
   * `ended(words)`, `changed()` after what the list shows, `drawn()` after what has a height;
   * `keepPlace(change)` makes a change above what is read. `isNew`: nobody asked in it before.
   */
  constructor(id, log, page, isNew) {
    this.id = id;
    this.log = log;
    this.page = page;
    this.isNew = isNew;
    this.elsewhere = []; // turns that the server says are running, of this device or another
    this.current = null; // {question, view, stream} of the answer that is being given
    this.isLeft = false;
  }

  get isEmpty() {
    return this.log.childElementCount === 0;
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
      after: this.lastID,
    };
    running.set(question);
    this.begin(question, element).ask(question, options);
    this.page.changed();
  }

  stop() {
    this.current?.stream.stop();
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
    const past = this.isNew ? nothing : await fetchTurns(this.id).catch(() => null);
    if (this.isLeft) return;
    this.failure?.remove();
    if (past) this.showTurns(past.turns, this.current?.element);
    if (past?.next && !this.earlier) this.showEarlierButton(past.next);
    if (past) this.elsewhere = past.running;
    this.attach();
    if (!past && !this.current) this.showFailure();
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
    if (this.hasArrived(question)) {
      running.remove(question);
      this.page.changed();
      return;
    }
    if (this.find(question.key)) return;
    if (!question.id && !question.ending) question.id = this.runningID(question);
    const stream = this.begin(question, createQuestion(question.prompt));
    if (question.ending) this.finish({ status: question.ending, message: question.message });
    else if (question.id) stream.attach(question.id);
    else if (Date.now() - question.askedAt > maxUncertainty) this.finish({ status: "unknown" });
    else stream.ask(question, { isAgain: true });
  }

  /** Reads along as if it had been asked here; the server knows it, so this browser keeps nothing. */
  attachElsewhere() {
    const turn = this.elsewhere.find(({ answer }) => !this.find(answer.id));
    if (!turn || this.current || this.isLeft) return;
    const { prompt, answer: { id } } = turn;
    const question = { conversation: this.id, prompt, model: this.page.model, key: newID(), id };
    this.begin(question, createQuestion(prompt)).attach(id);
  }

  // ---- The answer that is being given

  begin(question, element) {
    const view = new AnswerView(question, () => this.page.drawn());
    const stream = new AnswerStream({
      identified: (id) => {
        running.update(question, { id });
        this.removeTurn(id); // the history was quicker
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
      connection: (isConnected) => this.page.connection(isConnected),
      ended: (ending) => this.finish(ending),
      stopped: () => this.page.changed(),
      stopUncertain: () => view.addNote("The server could not be told; it may finish by itself."),
    });
    view.element.dataset.key = question.key;
    if (question.id) view.element.dataset.id = question.id;
    this.current = { question, view, stream, element: element ?? view.element };
    if (element) this.log.append(element);
    this.log.append(view.element);
    this.page.activity(true);
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
    if (isAnswer || outcome.status === "stopped") running.remove(question);
    else running.update(question, { ending: outcome.status, message: outcome.message });
    this.page.connection(true);
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
      const isAskedAgain = last?.prompt === prompt && last.answer.status !== "complete";
      last = { prompt, answer };
      if (this.find(answer.id)) continue;
      if (prompt && !isAskedAgain) fragment.append(createQuestion(prompt));
      fragment.append(this.restored(prompt, answer));
    }
    this.log.insertBefore(fragment, before?.isConnected ? before : null);
    this.page.drawn();
  }

  restored(prompt, answer) {
    const view = new AnswerView({ conversation: this.id, prompt, model: this.page.model }, () => {});
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
    button.disabled = true;
    try {
      const { turns, next } = await fetchTurns(this.id, before);
      if (this.isLeft) return;
      this.page.keepPlace(() => {
        this.showTurns(turns, button.nextSibling);
        button.remove();
        if (next) this.showEarlierButton(next);
      });
    } catch {
      button.disabled = false;
    }
  }

  showFailure() {
    this.failure = createNotice("What was said here could not be loaded.");
    const again = createButton("Try again", "again");
    again.addEventListener("click", () => this.catchUp());
    this.failure.append(" ", again);
    this.log.append(this.failure);
  }

  // ---- What is shown

  get answers() {
    return [...this.log.querySelectorAll(".answer")];
  }

  get lastID() {
    return this.answers.findLast(({ dataset }) => dataset.id)?.dataset.id;
  }

  /** The answer with this id or to the question with this key. */
  find(name) {
    const isIt = ({ dataset }) => dataset.id === name || dataset.key === name;
    return name ? this.answers.find(isIt) : undefined;
  }

  removeTurn(id) {
    const answer = this.find(id);
    if (answer?.previousElementSibling?.matches(".question")) answer.previousElementSibling.remove();
    answer?.remove();
  }

  /** The id of the answer to a question, where it runs. */
  runningID({ prompt, after }) {
    const turn = this.elsewhere.find((turn) => turn.prompt === prompt && turn.answer.id !== after);
    return turn?.answer.id;
  }

  /** Whether the history that is shown has the answer to a question. */
  hasArrived({ id, prompt, after }) {
    if (id) return this.find(id) !== undefined;
    const last = this.answers.findLast(({ dataset }) => dataset.id);
    return Boolean(last) && last.dataset.id !== after && last.view.question.prompt === prompt;
  }
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
