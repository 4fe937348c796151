// What one question and one answer look like, and the words for how an answer ended.

import { element, MarkdownView } from "./markdown.js";

// status: [what data-status says, the words under the answer, whether asking again makes sense]
const endings = {
  complete: ["complete", "", false],
  length: ["length", "Cut off: the answer reached its length limit.", false],
  filtered: ["filtered", "Cut off by the provider’s content filter.", false],
  tool_calls: ["tool_calls", "The model asked for a tool, which this page does not have.", false],
  stopping: ["stopped", "Stopping…", false],
  stopped: ["stopped", "Stopped.", false],
  abandoned: ["error", "The server gave the answer up because nobody was listening.", true],
  interrupted: ["error", "The server was stopped while answering.", true],
  truncated: ["error", "The model’s service broke off before the answer was complete.", true],
  timeout: ["error", "The model took too long.", true],
  upstream_error: ["error", "The model’s service reported an error.", true],
  refused: ["error", "The server did not accept the request.", true],
  unreachable: ["error", "The connection failed before the answer began.", true],
  lost: ["lost", "The connection closed before the answer was complete.", true],
  unknown: ["lost", "The page closed before the server said that it has the question.", true],
};

/** Whether an answer that ended so is worth asking for again. */
export function canAskAgain(status) {
  return (endings[status] ?? unknownEnding(status))[2];
}

const unknownEnding = (status) => ["error", `The answer ended: ${status}.`, true];

export function createQuestion(text) {
  const article = element("article", "question");
  article.dataset.role = "user";
  article.setAttribute("aria-label", "You");
  const body = element("p");
  body.dir = "auto";
  body.textContent = text;
  article.append(body);
  return article;
}

/** An answer on the page. Text may come at any speed; it is drawn at most once per frame. */
export class AnswerView {
  /** `drawn` is called after each change that may have changed the height. */
  constructor(question, drawn) {
    this.question = question;
    this.drawn = drawn;
    this.parts = [];
    this.frame = 0;
    this.element = element("article", "answer");
    this.element.view = this;
    this.element.dataset.role = "assistant";
    this.element.setAttribute("aria-label", "Answer");
    this.element.setAttribute("aria-busy", "true");
    this.body = element("div", "body");
    this.body.dir = "auto";
    this.foot = element("footer");
    this.element.append(this.body, this.foot);
    this.markdown = new MarkdownView(this.body);
    this.element.dataset.status = "streaming";
  }

  /** The answer as the model wrote it. */
  get source() {
    return this.parts.join("");
  }

  started(model) {
    this.model = model;
  }

  appendText(text) {
    this.parts.push(text);
    this.markdown.append(text);
    this.frame ||= requestAnimationFrame(() => this.draw(false));
  }

  /** Puts the whole text in the place of what came. */
  replaceText(text) {
    this.parts = [];
    this.body.replaceChildren();
    this.markdown = new MarkdownView(this.body);
    if (text) this.appendText(text);
  }

  /** Forgets what came. */
  clear() {
    this.replaceText("");
    if (this.thoughts) this.thoughts.data = "";
  }

  appendReasoning(text) {
    if (!this.thoughts) {
      const details = element("details", "thoughts");
      const summary = element("summary");
      summary.textContent = "Thoughts";
      this.thoughts = document.createTextNode("");
      const body = element("p");
      body.append(this.thoughts);
      details.append(summary, body);
      this.element.prepend(details);
    }
    this.thoughts.appendData(text);
    this.frame ||= requestAnimationFrame(() => this.draw(false));
  }

  /** Draws the rest and says how it ended; returns those words. */
  end({ status, message = "" }) {
    const [word, known, canRetry] = endings[status] ?? unknownEnding(status);
    this.draw(true);
    Object.assign(this.element.dataset, { status: word, ending: status });
    this.element.setAttribute("aria-busy", "false");
    const isBroken = word === "error" || word === "lost";
    const rest = isBroken && this.parts.length > 0 ? " What arrived is above." : "";
    const isEmpty = status === "complete" && this.parts.length === 0;
    const words = isEmpty ? "The model answered with nothing." : known + rest;
    if (words) this.addNote(words, message);
    const tools = element("div", "tools");
    if (this.parts.length > 0) tools.append(createButton("Copy", "copy-answer"));
    if (canRetry) tools.append(this.createRetryButton());
    const model = this.model || this.question.model;
    if (model) tools.append(createModel(model));
    this.foot.append(tools);
    this.drawn();
    return message ? `${words} ${message}` : words;
  }

  createRetryButton() {
    const button = createButton("Retry", "retry");
    if (this.question.model) button.title = `Ask ${this.question.model} again`;
    return button;
  }

  /** Says what became of a stop; returns the words. */
  stopTold(isDelivered) {
    if (this.element.dataset.ending !== "stopping") return "";
    const words = isDelivered
      ? endings.stopped[1]
      : "Stopping… The server is told as soon as it can be reached.";
    const note = this.foot.querySelector(".note");
    if (note.textContent === words) return "";
    note.textContent = words;
    if (isDelivered) this.element.dataset.ending = "stopped";
    this.drawn();
    return words;
  }

  addNote(words, detail = "") {
    const note = createNotice(words);
    if (detail) {
      const line = element("span", "detail");
      line.textContent = detail;
      note.append(line);
    }
    this.foot.prepend(note);
    this.drawn();
  }

  draw(isFinal) {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.markdown.draw(isFinal);
    this.drawn();
  }
}

export function createNotice(words) {
  const note = element("p", "note");
  note.append(words);
  return note;
}

export function createButton(label, action) {
  const button = element("button", "quiet");
  button.type = "button";
  button.dataset.action = action;
  button.textContent = label;
  return button;
}

function createModel(name) {
  const model = element("span", "model");
  model.textContent = name;
  model.title = name;
  return model;
}
