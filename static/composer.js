// The message box: what is written in it, for which conversation, and what its keys do.

import * as drafts from "./drafts.js";

// A touch screen has its keyboard on the screen: it comes with the focus and covers half of it, and
// its Enter is the only way to begin a line.
const touch = matchMedia("(pointer: coarse)");

export class Composer {
  /** `send()` is called when the reader wants to send what is written. */
  constructor(form, send) {
    this.prompt = form.querySelector("textarea");
    this.keys = form.querySelector("#keys");
    this.conversation = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    this.prompt.addEventListener("keydown", (event) => {
      const isComposing = event.isComposing || event.keyCode === 229; // Enter picks a word then
      if (event.key !== "Enter" || event.shiftKey || isComposing) return;
      if (touch.matches && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      send();
    });
    this.prompt.addEventListener("input", () => {
      drafts.set(this.conversation, this.text);
      this.fit();
    });
    touch.addEventListener("change", () => this.nameKeys());
    this.nameKeys();
  }

  get text() {
    return this.prompt.value;
  }

  /** Shows what was written for a conversation, or with null for a new one. */
  open(conversation) {
    this.conversation = conversation;
    this.prompt.value = drafts.get(conversation);
    this.fit();
  }

  /** Writes the draft of the conversation that is shown. */
  write(text) {
    drafts.set(this.conversation, text);
    this.open(this.conversation);
  }

  /** Empties the box; from here on it belongs to `conversation`. */
  clear(conversation) {
    this.write("");
    this.conversation = conversation;
  }

  /** Puts the focus where one writes, or where that would raise the keyboard to `other`. */
  focus(other) {
    const target = touch.matches ? other : this.prompt;
    target?.focus({ preventScroll: true });
  }

  fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.prompt.style.height = "auto";
    this.prompt.style.height = `${this.prompt.scrollHeight + 2}px`;
  }

  nameKeys() {
    this.prompt.enterKeyHint = touch.matches ? "enter" : "send";
    if (touch.matches) this.keys.textContent = "Enter begins a new line.";
  }
}
