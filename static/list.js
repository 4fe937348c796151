// The list of conversations: those that the server has, and those that this browser is asking in.

import { addressOf } from "./address.js";
import { keepFocus } from "./focus.js";
import { fetchConversations, fetchState } from "./history.js";
import * as running from "./running.js";
import { plainWords } from "./title.js";

const checkInterval = 5000; // ms between looks at answers that nobody reads here
const titleLength = 80;

export class ConversationList {
  /**
   * `root` holds the list, its "more" button, a status line and a template of a row. `choose(id)`
   * and `remove(id, title)` are called for what the reader wants, `drawn()` after each change.
   * `nearby` gets the focus of the last row when that goes.
   */
  constructor(root, { choose, remove, drawn, nearby }) {
    this.rows = root.querySelector("ul");
    this.more = root.querySelector("[data-action=more]");
    this.state = root.querySelector("[role=status]");
    this.template = root.querySelector("template");
    this.choose = choose;
    this.remove = remove;
    this.drawn = drawn;
    this.nearby = nearby;
    this.known = [];
    this.next = null;
    this.chosen = null;
    this.timer = 0;
    this.refreshes = 0;
    this.forgotten = []; // ids, in the order in which they were deleted
    this.failure = "";
    this.rows.addEventListener("click", (event) => this.click(event));
    this.more.addEventListener("click", () => this.load(this.next));
  }

  /** Marks the conversation that is shown. */
  mark(id) {
    this.chosen = id;
    this.draw();
  }

  title(id) {
    return this.entries().find((entry) => entry.id === id)?.title ?? "";
  }

  async refresh() {
    await this.load(null);
    if (!this.failure && (await this.settle())) this.draw();
  }

  /** Notes which of the answers that nobody reads here have ended; whether there were any. */
  async settle() {
    const others = running.all().filter(({ conversation, id, ending }) =>
      id && !ending && conversation !== this.chosen);
    for (const question of others) {
      const { conversation, id } = question;
      if (this.known.some((entry) => entry.running === id)) continue;
      const state = await fetchState(conversation, id);
      if (state === "ended") running.remove(question);
      else if (state === "gone") running.update(question, { ending: "lost" });
    }
    return others.length > 0;
  }

  async load(before) {
    if (!before) this.refreshes += 1;
    const number = this.refreshes;
    const forgotten = this.forgotten.length;
    let page = null;
    try {
      page = await fetchConversations(before);
    } catch {
      // The server is not there, or cannot read its history now.
    }
    // What was asked for later is newer. An older page is wanted whatever else was asked for.
    if (!before && number !== this.refreshes) return;
    this.failure = page ? "" : "The list could not be loaded.";
    if (page) this.take(page, before);
    // What was deleted meanwhile may still have been in it.
    this.known = this.known.filter(({ id }) => !this.forgotten.includes(id, forgotten));
    const count = this.rows.childElementCount;
    keepFocus(() => {
      this.draw();
      return this.rows.children[count]?.querySelector("a");
    });
  }

  take({ conversations, next }, before) {
    const ids = new Set(conversations.map(({ id }) => id));
    const others = this.known.filter(({ id }) => !ids.has(id));
    const oldest = conversations.at(-1)?.updated_at ?? "";
    if (before) {
      this.known = [...others, ...conversations];
      this.next = next;
    } else {
      // Older pages that were loaded stay; what is missing from the first one was deleted.
      const older = next === null ? [] : others.filter((entry) => entry.updated_at <= oldest);
      this.known = [...conversations, ...older];
      if (older.length === 0) this.next = next;
    }
  }

  say(words) {
    this.failure = words;
    this.draw();
  }

  forget(id) {
    this.forgotten.push(id);
    this.known = this.known.filter((entry) => entry.id !== id);
    this.draw();
  }

  /** All rows, the newest first. */
  entries() {
    const open = running.all();
    const asked = new Map(open.map((question) => [question.conversation, question]));
    const known = new Set(this.known.map(({ id }) => id));
    const own = open.filter(({ conversation }) => !known.has(conversation)).map((question) => ({
      id: question.conversation,
      title: question.prompt.replace(/\s+/g, " ").trim().slice(0, titleLength),
    }));
    // The server's order stays, whatever its times say: those of two loops may cross.
    let order = Infinity;
    return [...own, ...this.known].map((entry) => {
      const question = asked.get(entry.id);
      const time = question?.askedAt ?? Date.parse(entry.updated_at);
      order = question ? order : Math.min(order, time);
      const isOwn = Boolean(question && !question.ending);
      return {
        ...entry, time, order: question ? time : order, isOwn,
        isRunning: isOwn || Boolean(entry.running),
      };
    }).sort((a, b) => b.order - a.order);
  }

  draw() {
    const entries = this.entries();
    const focused = this.focusedRow();
    this.rows.replaceChildren(...entries.map((entry) => this.createRow(entry)));
    if (focused) {
      const row = this.row(focused.id) ?? this.rows.children[focused.index] ?? this.rows.lastChild;
      const target = row?.querySelector(focused.selector) ?? this.nearby;
      target.focus({ preventScroll: true });
    }
    this.more.hidden = this.next === null;
    const words = this.failure || (entries.length > 0 ? "" : "What you ask is kept here.");
    if (this.state.textContent !== words) this.state.textContent = words;
    clearTimeout(this.timer);
    // The page tells the end of what it has asked itself.
    this.drawn();
    const isWaiting = !document.hidden && entries.some(({ id, isRunning, isOwn }) =>
      isRunning && !(isOwn && id === this.chosen));
    if (isWaiting) this.timer = setTimeout(() => this.refresh(), checkInterval);
  }

  row(id) {
    return [...this.rows.children].find(({ dataset }) => dataset.id === id);
  }

  /** Goes back to the row whose deletion was asked for. */
  focus(id) {
    this.row(id)?.querySelector("button").focus({ preventScroll: true });
  }

  createRow({ id, title, time, isRunning }) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const link = row.querySelector("a");
    const words = plainWords(title) || title || "Untitled";
    row.dataset.id = id;
    row.dataset.title = words;
    link.href = addressOf(id);
    link.title = words;
    if (id === this.chosen) link.setAttribute("aria-current", "page");
    row.querySelector(".title").textContent = words;
    row.querySelector(".when").textContent = isRunning ? "Answering…" : spokenTime(time);
    row.classList.toggle("running", isRunning);
    row.querySelector("button").setAttribute("aria-label", `Delete “${words}”`);
    return row;
  }

  // Drawing anew must not take the focus from a reader on the keyboard; a row that is gone hands it
  // to the next one.
  focusedRow() {
    const focused = document.activeElement;
    const row = this.rows.contains(focused) ? focused.closest("li") : null;
    const index = [...this.rows.children].indexOf(row);
    return row && { id: row.dataset.id, index, selector: focused.localName };
  }

  click(event) {
    const row = event.target.closest("li");
    if (!row) return;
    if (event.target.closest("button")) {
      this.remove(row.dataset.id, row.dataset.title);
    } else if (event.target.closest("a") && !isForNewTab(event)) {
      event.preventDefault();
      this.choose(row.dataset.id);
    }
  }
}

const isForNewTab = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

function spokenTime(time) {
  if (!Number.isFinite(time)) return "";
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  const day = { day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" }) };
  const form = isToday ? { hour: "2-digit", minute: "2-digit" } : day;
  return new Intl.DateTimeFormat(navigator.language, form).format(date);
}
